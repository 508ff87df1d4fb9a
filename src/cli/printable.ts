/**
 * Text from elsewhere (labels, events, error details) made safe to print: a terminal obeys control
 * characters, and a guest's owner is not the one who sits at it. Newlines stay where `lines` is set.
 */
export const printable = (text: string, lines = false): string =>
  text.replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, (character) =>
    lines && (character === "\n" || character === "\t") ? character : "\uFFFD",
  );

/** Text without colours, cursor movements and titles (ECMA-48 control sequences). */
export const withoutEscapes = (text: string): string =>
  text.replace(/\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[ -/]*[0-~])/g, "");

const ansi = /\u001b\[[0-9;]*m/g;
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;
const joins = /[\p{Mn}\p{Me}\u200b-\u200d\ufe0f]/u;
const plain = /^[\u0020-\u007e]*$/;

/** Columns that text takes on a terminal: colours none, East Asian characters two. */
export function width(text: string): number {
  if (plain.test(text)) return text.length;
  let columns = 0;
  for (const character of text.replace(ansi, "")) {
    if (!joins.test(character)) columns += wide.test(character) ? 2 : 1;
  }
  return columns;
}

/** The beginning of plain text that fits into so many columns, with an ellipsis where it was cut. */
export function fit(text: string, columns: number): string {
  if (width(text) <= columns) return text;
  let kept = "";
  let used = 1;
  for (const character of text) {
    used += width(character);
    if (used > columns) break;
    kept += character;
  }
  return columns < 1 ? "" : `${kept}…`;
}
