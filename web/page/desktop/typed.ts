/**
 * What a system's touch keyboard did to a text field, as keys. Such a keyboard tells no keys: it replaces parts of the text, also
 * whole words as it corrects them. Pure.
 */
export interface Typed {
  /** Characters that were taken away before … */
  readonly erased: number;
  /** … these came. */
  readonly text: string;
}

export function typed(before: string, after: string): Typed {
  const [was, is] = [[...before], [...after]];
  let same = 0;
  while (same < was.length && same < is.length && was[same] === is[same]) same++;
  return { erased: was.length - same, text: is.slice(same).join("") };
}
