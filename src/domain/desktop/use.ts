/** What of a guest's viewers matters to its desktop: who they are, and when its user last pressed a key or a button. */
import type { Watchers } from "../console/watchers.ts";

export type DesktopUse = Pick<Watchers, "of" | "lastInput" | "onChange" | "end">;
