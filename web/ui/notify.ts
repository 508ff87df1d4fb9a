/** What just happened, to be said in a corner: see notices.tsx. */
import type { Problem } from "#contract/errors";

export interface Notice {
  readonly id: number;
  readonly message: string;
  readonly hint?: string;
  /** The kind of the operation that failed, where it is one. */
  readonly kind?: string;
  /** The page of what it is about. */
  readonly to?: string;
  readonly failed: boolean;
}

/** Milliseconds that good news is shown. Bad news stays until it is read: who looked away would never learn of it. */
const shown = 4_000;
/** And where it leads somewhere: time to go there. */
const shownWithLink = 10_000;
/** More than these at once would hide the page. */
const most = 4;

let notices: readonly Notice[] = [];
let last = 0;
const listeners = new Set<() => void>();

function set(next: readonly Notice[]): void {
  notices = next.slice(-most);
  for (const listener of listeners) listener();
}

export const currentNotices = (): readonly Notice[] => notices;

export function onNotices(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export const dismiss = (id: number): void => set(notices.filter((notice) => notice.id !== id));

export function tell(message: string, to?: string): void {
  const id = ++last;
  set([...notices, { id, message, ...(to === undefined ? {} : { to }), failed: false }]);
  setTimeout(() => dismiss(id), to === undefined ? shown : shownWithLink);
}

/** The same error of many guests is said once. */
export function tellFailure({ message, hint }: Pick<Problem, "message" | "hint">, kind?: string): void {
  const others = notices.filter((notice) => notice.message !== message);
  set([...others, { id: ++last, message, hint, ...(kind === undefined ? {} : { kind }), failed: true }]);
}
