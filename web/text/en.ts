/** English: the words of the interface. What is not here is not shown; every other language has the same keys. */
import { guestText } from "./en/guest.ts";
import { hostText } from "./en/host.ts";
import { imageText } from "./en/image.ts";
import { shellText } from "./en/shell.ts";

export const en = { ...shellText, ...guestText, ...imageText, ...hostText };

/** A message is text, or a function that makes it of what it speaks about. */
type Widened<T> = T extends string
  ? string
  : T extends (...args: infer A) => string
    ? (...args: A) => string
    : { readonly [K in keyof T]: Widened<T[K]> };

export type Messages = Widened<typeof en>;
