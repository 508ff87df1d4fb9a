import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { catalogue } from "#contract/errors";
import { files, product, withoutComments } from "./sources.ts";

const rows = Object.entries(catalogue);
const thrown = product.filter(({ path }) => !path.startsWith("src/contract/errors/"));
const placeholders = (...texts: string[]): string[] => [
  ...new Set(texts.flatMap((text) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? ""))),
];

/** From an opening bracket to its partner, both included. Strings with unbalanced brackets would mislead it. */
function balanced(text: string, start: number): string {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    const sign = text[at] ?? "";
    if ("([{".includes(sign)) depth++;
    if (")]}".includes(sign) && --depth === 0) return text.slice(start, at + 1);
  }
  return text.slice(start);
}

/** The names in an object literal; undefined where it holds a spread and so cannot be read. */
function namesIn(literal: string): string[] | undefined {
  const names: string[] = [];
  let inner = literal.slice(1, -1).replace(/`(?:[^`\\]|\\.)*`|"(?:[^"\\]|\\.)*"/g, '""');
  for (let at = inner.search(/[([{]/); at >= 0; at = inner.search(/[([{]/))
    inner = inner.slice(0, at) + inner.slice(at + balanced(inner, at).length);
  for (const part of inner.split(",").map((piece) => piece.trim())) {
    if (part.startsWith("...")) return undefined;
    if (part !== "") names.push(/^\w+/.exec(part)?.[0] ?? "");
  }
  return names;
}

/** Every `new LodgeError("code", { … })` with the names of its parameters. */
export function raised(text: string): { code: string; names: string[] | undefined }[] {
  const found = [];
  for (const match of text.matchAll(/new LodgeError\(\s*"([\w.]+)"\s*([,)])/g)) {
    const rest = text.slice(match.index + match[0].length).trimStart();
    if (match[2] === ")") found.push({ code: match[1] ?? "", names: [] });
    else
      found.push({
        code: match[1] ?? "",
        names: rest.startsWith("{") ? namesIn(balanced(rest, 0)) : undefined,
      });
  }
  return found;
}

describe("the error catalogue", () => {
  it("has codes of the form noun.what_is_wrong, each in its noun's file", () => {
    assert.deepEqual(
      rows.filter(([code]) => !/^[a-z]+(_[a-z]+)*\.[a-z]+(_[a-z]+)*$/.test(code)),
      [],
    );
    const misplaced = files.flatMap(({ path, text }) => {
      const noun = /^src\/contract\/errors\/([\w-]+)\.ts$/.exec(path)?.[1];
      if (noun === undefined) return [];
      return [...text.matchAll(/^\s{2}"([\w.]+)":/gm)]
        .map((row) => row[1] ?? "")
        .filter((code) => !code.startsWith(`${noun.replaceAll("-", "_")}.`));
    });
    assert.deepEqual(misplaced, []);
  });

  it("says what is wrong and what to do next, in whole sentences", () => {
    const poor = rows.filter(([, { message, hint, status }]) => {
      return !/[.…]$/.test(message) || !/[.…]$/.test(hint) || hint.length < 8 || status < 400 || status > 599;
    });
    assert.deepEqual(
      poor.map(([code]) => code),
      [],
    );
  });

  it("holds nothing that is never raised", () => {
    const text = thrown.map((file) => withoutComments(file.text)).join("\n");
    assert.deepEqual(
      rows.map(([code]) => code).filter((code) => !text.includes(`"${code}"`)),
      [],
    );
  });

  it("gets every parameter that its words need, wherever it is raised", () => {
    const lacking = thrown.flatMap(({ path, text }) =>
      raised(withoutComments(text)).flatMap(({ code, names }) => {
        const row = catalogue[code as keyof typeof catalogue];
        if (!row || !names) return [];
        const missing = placeholders(row.message, row.hint).filter((name) => !names.includes(name));
        return missing.length ? [`${path}: ${code} lacks ${missing.join(", ")}`] : [];
      }),
    );
    assert.deepEqual(lacking, []);
  });

  it("is read rightly by this law", () => {
    const text = `
      new LodgeError("a.b", { path, reason: why(x, { y: 1 }), limit: \`\${n}, MiB\` }, { cause });
      throw new LodgeError("c.d");
      new LodgeError(
        "e.f",
        { ...rest, z: 1 });
      new LodgeError("g.h", params)`;
    assert.deepEqual(raised(text), [
      { code: "a.b", names: ["path", "reason", "limit"] },
      { code: "c.d", names: [] },
      { code: "e.f", names: undefined },
      { code: "g.h", names: undefined },
    ]);
  });
});

describe("errors", () => {
  it("are told apart by their code, never by their text", () => {
    const matched =
      /\.(message|stderr|detail)\b[^;\n]{0,20}\.(includes|match|startsWith|endsWith|search)\(|\/\w*\.test\([^)]*\.(message|detail)\)/;
    /** Where QEMU's and the kernel's own texts are translated: the one place for it. */
    const translators = /^src\/hypervisor\//;
    const broken = thrown.filter(
      ({ path, text }) => !translators.test(path) && matched.test(withoutComments(text)),
    );
    assert.deepEqual(
      broken.map(({ path }) => path),
      [],
    );
  });

  it("are of the catalogue, or say that the program is wrong", () => {
    // RangeError and TypeError are for callers that break a function's terms: a bug, never a user's mistake.
    const bare = thrown.filter(({ text }) => /throw new Error\(|throw Error\(/.test(withoutComments(text)));
    assert.deepEqual(
      bare.map(({ path }) => path),
      [],
    );
  });
});
