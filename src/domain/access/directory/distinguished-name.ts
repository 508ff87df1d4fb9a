/**
 * Distinguished names as text (RFC 4514): compared as directories do, and read for a group's name. Attribute types, and the
 * values of those that name things in practice, are compared without regard to case and to how many spaces there are.
 */

/** One "type=value"; a name's part has several where it has "+" in it. */
interface Pair {
  readonly type: string;
  readonly value: string;
}

/** Undefined where it is none. The first part is the entry's own. */
export function parseName(text: string): readonly (readonly Pair[])[] | undefined {
  if (text.trim() === "") return [];
  const parts = splitAt(text, /[,;]/).map((part) => splitAt(part, /\+/).map(pairOf));
  return parts.every((pairs) => pairs.every((pair) => pair !== undefined))
    ? (parts as readonly (readonly Pair[])[])
    : undefined;
}

/** Cuts at separators that are not escaped. */
function splitAt(text: string, separator: RegExp): string[] {
  const found = [""];
  for (let at = 0; at < text.length; at++) {
    const character = text[at] ?? "";
    if (character === "\\") found[found.length - 1] += character + (text[++at] ?? "");
    else if (separator.test(character)) found.push("");
    else found[found.length - 1] += character;
  }
  return found;
}

function pairOf(text: string): Pair | undefined {
  const cut = text.indexOf("=");
  const type = text.slice(0, cut).trim().toLowerCase();
  if (cut < 1 || !/^[a-z][a-z0-9-]*$|^[0-9]+(\.[0-9]+)*$/.test(type)) return undefined;
  // A space at the end that is escaped belongs to the value.
  const raw = text
    .slice(cut + 1)
    .replace(/^ +/, "")
    .replace(/(?<!\\) +$/, "");
  return { type, value: unescaped(raw) };
}

function unescaped(value: string): string {
  const bytes: Buffer[] = [];
  for (let at = 0; at < value.length; at++) {
    const hex = /^\\[0-9a-f]{2}/i.exec(value.slice(at, at + 3));
    if (hex) {
      bytes.push(Buffer.from(hex[0].slice(1), "hex"));
      at += 2;
    } else bytes.push(Buffer.from(value[at] === "\\" ? (value[++at] ?? "") : (value[at] ?? "")));
  }
  return Buffer.concat(bytes).toString();
}

const folded = (value: string): string => value.normalize("NFKC").toLowerCase().trim().replace(/\s+/g, " ");

/** The same text for the same name; undefined where it is none. */
function partKeys(text: string): readonly string[] | undefined {
  return parseName(text)?.map((pairs) =>
    JSON.stringify(pairs.map(({ type, value }) => [type, folded(value)]).toSorted()),
  );
}

export function sameName(one: string, other: string): boolean {
  const [left, right] = [partKeys(one), partKeys(other)];
  return left !== undefined && right !== undefined && left.join() === right.join();
}

/** Is it this name or one below it? */
export function liesUnder(name: string, base: string): boolean {
  const [inner, outer] = [partKeys(name), partKeys(base)];
  if (!inner || !outer || inner.length < outer.length) return false;
  return inner.slice(inner.length - outer.length).join() === outer.join();
}

/** What a group is called of which the name alone is known: its cn or, where it has none in it, what its first part says. */
export function commonName(name: string): string | undefined {
  const [first] = parseName(name) ?? [];
  return (first?.find(({ type }) => type === "cn") ?? first?.[0])?.value;
}

/** One text for one name, to find it again by. */
export const nameKeyOf = (name: string): string => partKeys(name)?.join() ?? name;
