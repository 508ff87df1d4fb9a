/** Deutsch. */
import { guestText } from "./de/guest.ts";
import { hostText } from "./de/host.ts";
import { imageText } from "./de/image.ts";
import { shellText } from "./de/shell.ts";
import type { Messages } from "./en.ts";

export const de: Messages = { ...shellText, ...guestText, ...imageText, ...hostText };
