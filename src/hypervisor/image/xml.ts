/**
 * Reads a small XML document that a stranger wrote. What could make it more than it says is not known here and refused:
 * a document type, and with that every entity but XML's own five and characters by their number. Nothing is fetched.
 * Names lose their prefixes.
 */

export interface Element {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly Element[];
  /** Its own, without that of its children. */
  readonly text: string;
}

/** Why it is not read; the message goes on after "its description ". */
export class XmlTrouble extends Error {}

const most = { depth: 64, elements: 20_000 } as const;

const name = "[A-Za-z_][\\w.:-]*";
const attribute = `\\s+${name}\\s*=\\s*(?:"[^"<]*"|'[^'<]*')`;
const tokens = new RegExp(
  [
    "<!--[\\s\\S]*?-->",
    "<\\?xml\\s[\\s\\S]*?\\?>",
    "<!\\[CDATA\\[(?<raw>[\\s\\S]*?)\\]\\]>",
    `<(?<end>/?)(?<name>${name})(?<attributes>(?:${attribute})*)\\s*(?<empty>/?)>`,
    "(?<text>[^<]+)",
  ].join("|"),
  "y",
);
const attributes = new RegExp(`(${name})\\s*=\\s*(?:"([^"<]*)"|'([^'<]*)')`, "g");

const known: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };

interface Open {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: Element[];
  text: string;
}

/** @throws XmlTrouble */
export function readXml(document: string): Element {
  const text = document.replace(/^\ufeff/, "");
  const root: Open = { name: "", attributes: new Map(), children: [], text: "" };
  const open: Open[] = [root];
  let count = 0;
  for (let at = 0; at < text.length; at = tokens.lastIndex) {
    tokens.lastIndex = at;
    const found = tokens.exec(text)?.groups;
    if (!found) throw new XmlTrouble(refusal(text.slice(at, at + 9)));
    const inner = open.at(-1)!;
    if (found["raw"] !== undefined) inner.text += found["raw"];
    else if (found["text"] !== undefined) inner.text += decoded(found["text"]);
    else if (found["end"] === "/") {
      if (open.length === 1 || inner.name !== local(found["name"]!))
        throw new XmlTrouble("has an end where nothing began");
      open.pop();
    } else if (found["name"] !== undefined) {
      if (++count > most.elements || open.length > most.depth) throw new XmlTrouble("has too much in it");
      const element = begun(found["name"], found["attributes"] ?? "");
      inner.children.push(element);
      if (found["empty"] === "") open.push(element);
    }
  }
  const [only, ...others] = root.children;
  if (open.length > 1 || !only || others.length > 0) throw new XmlTrouble("is not whole");
  return only;
}

const refusal = (rest: string): string =>
  /^<!DOCTYPE/i.test(rest) ? "has a document type, which no machine's needs" : "is not well-formed XML";

const local = (qualified: string): string => qualified.slice(qualified.indexOf(":") + 1);

function begun(qualified: string, given: string): Open {
  const found = new Map<string, string>();
  for (const [, key = "", quoted, single = ""] of given.matchAll(attributes))
    found.set(local(key), decoded(quoted ?? single));
  return { name: local(qualified), attributes: found, children: [], text: "" };
}

const decoded = (text: string): string =>
  text.replaceAll(/&([^;&\s]{0,32})(;?)/g, (_all, entity: string, end: string) => {
    const number = /^#(?:x([0-9a-fA-F]{1,6})|([0-9]{1,7}))$/.exec(entity);
    const code = number ? Number.parseInt(number[1] ?? number[2]!, number[1] ? 16 : 10) : undefined;
    const character =
      code === undefined
        ? Object.hasOwn(known, entity)
          ? known[entity]
          : undefined
        : code <= 0x10ffff
          ? String.fromCodePoint(code)
          : undefined;
    if (character === undefined || end === "")
      throw new XmlTrouble("has an entity that is none of XML's own");
    return character;
  });

/** Every element of this name below this one, in order. */
export function within(element: Element, wanted: string): Element[] {
  return element.children.flatMap((child) => [
    ...(child.name === wanted ? [child] : []),
    ...within(child, wanted),
  ]);
}

/** The text of its first child of this name. */
export const textOf = (element: Element, wanted: string): string | undefined =>
  element.children.find((child) => child.name === wanted)?.text.trim();
