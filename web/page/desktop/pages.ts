/** The page of one desktop: named where it is routed, and where it is fetched ahead. */
import { later } from "../../later.ts";

export const desktopPage = later(async () => (await import("./show.tsx")).DesktopShow);
