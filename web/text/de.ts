/** Deutsch. */
import { first } from "./de/first.ts";
import { rest } from "./de/rest.ts";
import type { Messages } from "./en.ts";

export const de: Messages = { ...first, ...rest };
