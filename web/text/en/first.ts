/** English that the first load has: the frame, and the guests' table. Keep it small: see first-load.test.ts. */
import { guestListText } from "./guest-list.ts";
import { shellText } from "./shell.ts";

export const first = { ...shellText, ...guestListText };
