/** Deutsch, was das erste Laden hat: der Rahmen und die Tabelle der Gäste. */
import { guestListText } from "./guest-list.ts";
import { shellText } from "./shell.ts";

export const first = { ...shellText, ...guestListText };
