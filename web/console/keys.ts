/** Keys that are pressed for somebody: those that a browser or the system keeps for itself, and those of a text. */
import type RFB from "@novnc/novnc";
import { strokeOf, type Layout } from "./layouts.ts";

/** Keys that are held together, by their place (KeyboardEvent.code). */
export type Combination = readonly Key[];

/** What each is called in X11's keysyms: for a viewer that is told no places. */
const keysyms = {
  ControlLeft: 0xffe3,
  AltLeft: 0xffe9,
  AltRight: 0xfe03,
  ShiftLeft: 0xffe1,
  MetaLeft: 0xffeb,
  Delete: 0xffff,
  Backspace: 0xff08,
  Tab: 0xff09,
  Escape: 0xff1b,
  PrintScreen: 0xff61,
  F1: 0xffbe,
  F2: 0xffbf,
  F4: 0xffc1,
  F7: 0xffc4,
  ArrowLeft: 0xff51,
  ArrowUp: 0xff52,
  ArrowRight: 0xff53,
  ArrowDown: 0xff54,
  Home: 0xff50,
  End: 0xff57,
  PageUp: 0xff55,
  PageDown: 0xff56,
  Enter: 0xff0d,
} as const;
export type Key = keyof typeof keysyms;

/** The ones that a keyboard alone cannot send, and what is on the keys. */
export const combinations: readonly (readonly [label: string, keys: Combination])[] = [
  ["Ctrl Alt Del", ["ControlLeft", "AltLeft", "Delete"]],
  ["Ctrl Alt Backspace", ["ControlLeft", "AltLeft", "Backspace"]],
  ["Ctrl Alt F1", ["ControlLeft", "AltLeft", "F1"]],
  ["Ctrl Alt F2", ["ControlLeft", "AltLeft", "F2"]],
  ["Ctrl Alt F7", ["ControlLeft", "AltLeft", "F7"]],
  ["Alt Tab", ["AltLeft", "Tab"]],
  ["Alt F4", ["AltLeft", "F4"]],
  ["Super", ["MetaLeft"]],
  ["Esc", ["Escape"]],
  ["Print", ["PrintScreen"]],
];

type Pressed = readonly { readonly code: string; readonly keysym: number }[];

/** Presses keys one after the other, and lets them go the other way about. */
export function press(viewer: RFB, keys: Combination | Pressed): void {
  const named = keys.map((key) => (typeof key === "string" ? { code: key, keysym: keysyms[key] } : key));
  for (const { keysym, code } of named) viewer.sendKey(keysym, code, true);
  for (const { keysym, code } of named.toReversed()) viewer.sendKey(keysym, code, false);
}

/** The keys of a text, and what it has that no key means. */
export function strokesOf(
  text: string,
  layout: Layout,
  also: Combination = [],
): { strokes: readonly Pressed[]; missing: string } {
  const strokes: Pressed[] = [];
  let missing = "";
  // Some systems write an ü as two characters, which no key means.
  for (const character of text.normalize("NFC").replaceAll("\r\n", "\n")) {
    const stroke = strokeOf(character, layout);
    if (!stroke) {
      missing += character;
      continue;
    }
    const { code, shift, altGr, dead } = stroke;
    const held = (name: Key) => ({ code: name, keysym: keysyms[name] });
    strokes.push([
      ...also.map(held),
      ...(shift ? [held("ShiftLeft")] : []),
      ...(altGr ? [held("AltRight")] : []),
      { code, keysym: keysym(character) },
    ]);
    if (dead) strokes.push([{ code: "Space", keysym: 0x20 }]);
  }
  return { strokes, missing };
}

/** The X11 keysym of a character: Latin-1 as it stands, all else by its Unicode (X11 protocol, appendix A). */
function keysym(character: string): number {
  if (character === "\n") return 0xff0d;
  if (character === "\t") return 0xff09;
  const point = character.codePointAt(0) ?? 0;
  return point < 0x100 ? point : 0x0100_0000 | point;
}
