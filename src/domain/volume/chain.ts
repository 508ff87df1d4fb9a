/**
 * How long the chain of layers below a disk may become, and where it is cut. Pure.
 *
 *   top ─► a ─► b ─► c ─► base ─► …      what a, b and c hold is pulled up into the top,
 *   top ───────────────► base ─► …       which then stands on the base
 */

/** Each branch adds a layer; with more than these a chain is shortened, in the background. */
export const longestChain = 8;
/** With these, a further branch waits until the chain was shortened. */
export const chainLimit = 32;
/** What a shortened chain has at most. */
const shortChain = 4;

export interface Link {
  readonly id: string;
  /** Bytes that its file takes. */
  readonly bytes: number;
}

export interface Cut {
  /** The layer that the top shall stand on. */
  readonly base: string;
  /** Bytes at most that are copied for it. */
  readonly bytes: number;
}

/** The chain as far as it can be shortened: to the first layer below its top that a snapshot holds, with it. */
export function aboveHeld<T extends { readonly id: string }>(
  chain: readonly T[],
  held: ReadonlySet<string>,
): readonly T[] {
  const border = chain.findIndex(({ id }, at) => at > 0 && held.has(id));
  return border < 0 ? chain : chain.slice(0, border + 1);
}

/**
 * The cut of a chain that is too long, given from its top to its bottom.
 *
 * The bottom stays: it is a template's, which others share, or holds what the guest was installed with. So does a
 * layer that is larger than all above it: copied each time, it would cost more than its one place in the chain.
 * Nothing is copied of what a snapshot holds and of what is below that: it would be there twice.
 */
export function cutOf(whole: readonly Link[], held: ReadonlySet<string> = new Set()): Cut | undefined {
  const chain = aboveHeld(whole, held);
  if (chain.length <= longestChain) return undefined;
  let at = chain.length + 1 - shortChain;
  let above = sum(chain.slice(0, at));
  for (; at < chain.length - 1 && chain[at]!.bytes <= above; at++) above += chain[at]!.bytes;
  return { base: chain[at]!.id, bytes: above - chain[0]!.bytes };
}

const sum = (links: readonly Link[]): number => links.reduce((total, { bytes }) => total + bytes, 0);
