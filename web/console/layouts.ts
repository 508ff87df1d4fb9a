/**
 * Where a character is on a keyboard. A guest is told keys, not characters: which character a key means is its own
 * layout's to say. So whoever types a text for it has to know that layout.
 */

/** A key by its place (KeyboardEvent.code), and what is held meanwhile. */
export interface Stroke {
  readonly code: string;
  readonly shift: boolean;
  readonly altGr: boolean;
  /** The next key would change it, so a space follows. */
  readonly dead?: boolean;
}

export const layouts = { us: "English (US)", de: "Deutsch" } as const;
export type Layout = keyof typeof layouts;

/** Each key's place and its characters: plain, with Shift, with AltGr. */
const keys: Readonly<Record<Layout, string>> = {
  us: `Backquote\`~ Digit1 1! Digit2 2@ Digit3 3# Digit4 4$ Digit5 5% Digit6 6^ Digit7 7& Digit8 8* Digit9 9( Digit0 0)
    Minus -_ Equal =+ BracketLeft [{ BracketRight ]} Backslash \\| Semicolon ;: Quote '" Comma ,< Period .> Slash /?`,
  de: `Backquote ^° Digit1 1! Digit2 2"² Digit3 3§³ Digit4 4$ Digit5 5% Digit6 6& Digit7 7/{ Digit8 8([ Digit9 9)] Digit0 0=}
    Minus ß?\\ Equal ´\` BracketLeft üÜ BracketRight +*~ Backslash #' Semicolon öÖ Quote äÄ IntlBackslash <>| Comma ,; Period .:
    Slash -_ KeyQ qQ@ KeyE eE€ KeyM mMµ KeyY zZ KeyZ yY`,
};
const dead: Readonly<Record<Layout, string>> = { us: "", de: "^`" };
/** With a space after it, the key means this in some systems, and an apostrophe in X11. */
const unsure = "´";

function read(layout: Layout): ReadonlyMap<string, Stroke> {
  const found = new Map<string, Stroke>();
  const add = (code: string, characters: string) => {
    [...characters].forEach((character, level) => {
      if (character === unsure) return;
      const stroke = { code, shift: level === 1, altGr: level === 2 };
      found.set(character, dead[layout].includes(character) ? { ...stroke, dead: true } : stroke);
    });
  };
  for (const letter of "abcdefghijklmnopqrstuvwxyz")
    add(`Key${letter.toUpperCase()}`, letter + letter.toUpperCase());
  for (const [, code, characters] of keys[layout].matchAll(/([A-Z][A-Za-z]+\d?) ?(\S+)/g))
    add(code ?? "", characters ?? "");
  add("Space", " ");
  add("Enter", "\n");
  add("Tab", "\t");
  return found;
}

const known = new Map<Layout, ReadonlyMap<string, Stroke>>();

/** How a character is typed; undefined where the layout has none such. */
export function strokeOf(character: string, layout: Layout): Stroke | undefined {
  const map = known.get(layout) ?? read(layout);
  known.set(layout, map);
  return map.get(character);
}

const kept = "lodge-guest-layout";

/** The one that this browser's user chose for guests. */
export function keptLayout(): Layout {
  const found = localStorage.getItem(kept);
  return found !== null && found in layouts ? (found as Layout) : "us";
}

export const keepLayout = (layout: Layout): void => localStorage.setItem(kept, layout);
