import assert from "node:assert/strict";
import { basename } from "node:path";
import { describe, it } from "node:test";
import { files, isCode, withoutComments } from "./sources.ts";

const code = files.filter(({ path }) => isCode(path));

/** Words that say nothing of what a thing is for. */
const empty = /^(utils?|helpers?|common|managers?|misc|shared|lib)$/;

const emptyWords = (path: string): boolean =>
  path.split("/").some((part) =>
    part
      .replace(/\..*$/, "")
      .split("-")
      .some((word) => empty.test(word)),
  );

/** Classes and functions whose name says that they do "everything". */
const emptySymbols = (text: string): string[] =>
  [
    ...withoutComments(text).matchAll(
      /\b(?:class|interface|function|const|type)\s+(\w*(?:Manager|Helper|Utils?)\b)/g,
    ),
  ].map((match) => match[1] ?? "");

describe("names", () => {
  it("of files and folders are kebab-case", () => {
    const kebab = /^[a-z0-9]+(-[a-z0-9]+)*(\.(test|d|config))?\.tsx?$/;
    const folder = /^[a-z0-9]+(-[a-z0-9]+)*$/;
    const odd = code.filter(({ path }) => {
      const parts = path.split("/");
      return !kebab.test(parts.pop() ?? "") || !parts.every((part) => folder.test(part));
    });
    assert.deepEqual(
      odd.map(({ path }) => path),
      [],
    );
  });

  it("say what a thing is for", () => {
    assert.deepEqual(
      code.filter(({ path }) => emptyWords(path)).map(({ path }) => path),
      [],
    );
    assert.deepEqual(
      code.flatMap(({ path, text }) => emptySymbols(text).map((name) => `${path}: ${name}`)),
      [],
    );
    assert.ok(emptyWords("src/base/string-utils.ts") && emptyWords("src/common/x.ts"));
    assert.deepEqual(emptySymbols(`export class ${"Guest"}Manager {}`), ["GuestManager"]);
  });

  it("are given by who exports: there are no default exports and no barrels", () => {
    const unnamed = code.filter(({ path, text }) => {
      if (/^(tools\/)?[^/]*\.config\.ts$/.test(path)) return false;
      return /^export default\b|\bas default\b/m.test(withoutComments(text));
    });
    assert.deepEqual(
      unnamed.map(({ path }) => path),
      [],
    );
    assert.deepEqual(
      code.filter(({ path }) => basename(path).startsWith("index.")).map(({ path }) => path),
      [],
    );
    const barrels = code.filter(({ text }) => /^export \* from/m.test(text));
    assert.deepEqual(
      barrels.map(({ path }) => path),
      [],
    );
  });

  it("of unit tests begin with that of what they test, beside it", () => {
    const known = new Set(files.map(({ path }) => path));
    const lonely = code.filter(({ path }) => {
      if (!path.startsWith("src/") || !path.includes(".test.")) return false;
      // engine-recovery.test.ts may stand beside engine.test.ts: both are about engine.ts.
      for (let stem = path.replace(/\.test\.ts$/, ""); ; stem = stem.slice(0, stem.lastIndexOf("-"))) {
        if (known.has(`${stem}.ts`)) return false;
        if (!basename(stem).includes("-")) return true;
      }
    });
    assert.deepEqual(
      lonely.map(({ path }) => path),
      [],
    );
  });
});
