/**
 * What is not in the first load comes through here, and nowhere else: its own code, with it the words of the
 * pages (text/words.ts) and the styles of the components that the first page does not have. So whatever is
 * drawn by `later` may use every word and every component; what the first load draws may not.
 */
import { lazy, type ComponentType, type LazyExoticComponent } from "react";
import { allWords } from "./text/words.ts";

// Any component: what it takes is known where it is used.
// oxlint-disable-next-line typescript/no-explicit-any
type Any = ComponentType<any>;

export interface Later<C extends Any> {
  readonly Part: LazyExoticComponent<C>;
  /** Fetches it before it is drawn: somebody points at what opens it. */
  ahead(): void;
}

let ground: Promise<unknown> | undefined;
/** Words and styles of everything that comes later. */
const comeLater = (): Promise<unknown> =>
  (ground ??= Promise.all([allWords(), import("./ui/mantine-more.css")]));

/** Draws what `load` brings. The same fetch serves whoever asks; one that failed is tried again by the next. */
export function later<C extends Any>(load: () => Promise<C>): Later<C> {
  let coming: Promise<{ default: C }> | undefined;
  const fetch = () =>
    (coming ??= Promise.all([load(), comeLater()]).then(
      ([part]) => ({ default: part }),
      (error: unknown) => {
        coming = undefined;
        ground = undefined;
        throw error;
      },
    ));
  return { Part: lazy(fetch), ahead: () => void fetch().catch(() => undefined) };
}

/** What most people open next, fetched while nothing else is to do. */
export function whenIdle(parts: readonly Pick<Later<Any>, "ahead">[]): () => void {
  const ask = globalThis.requestIdleCallback ?? ((work: () => void) => setTimeout(work, 1_000));
  const cancel = globalThis.cancelIdleCallback ?? clearTimeout;
  const waiting = ask(() => {
    for (const part of parts) part.ahead();
  });
  return () => cancel(waiting as number);
}
