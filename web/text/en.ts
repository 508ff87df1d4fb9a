/**
 * English: the words of the interface. What is not here is not shown; every other language has the same keys.
 *
 * In two parts, which words.ts loads: the first load's, and everybody else's. This module has both, for their
 * type and for tests; a page that imported it would bring all words into the first load.
 */
import { first } from "./en/first.ts";
import { rest } from "./en/rest.ts";

export const en = { ...first, ...rest };

/** A message is text, or a function that makes it of what it speaks about. */
type Widened<T> = T extends string
  ? string
  : T extends (...args: infer A) => string
    ? (...args: A) => string
    : { readonly [K in keyof T]: Widened<T[K]> };

export type Messages = Widened<typeof en>;
/** What the first load has of them. */
export type FirstMessages = Widened<typeof first>;
export type RestMessages = Widened<typeof rest>;
