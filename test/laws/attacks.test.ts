/** The guide tells as many attacks as are tried. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { files, root } from "./sources.ts";

const tried = files.filter(({ path }) => /^test\/security\/.*\.test\.ts$/.test(path));
const guide = files.find(({ path }) => path === "docs/guides/security.md")!;

/** Calls that begin a line: one in a comment or a text does not. */
const rows = (text: string): string[] =>
  [...text.matchAll(/^( *)attack\(/gm)].map(([, indent = ""]) => indent);

describe("the attacks of test/security", () => {
  it("are all counted in the guide to security", () => {
    const count = tried.reduce((sum, { text }) => sum + rows(text).length, 0);
    const told = /\*\*(\d+) attacks\*\*/.exec(guide.text)?.[1];
    assert.equal(Number(told), count, `docs/guides/security.md has to say "**${count} attacks**"`);
  });

  it("are where the guide says that a promise is tried, and every file of theirs is named there", () => {
    const named = [...guide.text.matchAll(/`(test\/[\w./-]+\.test\.ts)`/g)].map(([, path = ""]) => path);
    assert.deepEqual(
      named.filter((path) => !existsSync(join(root, path))),
      [],
    );
    assert.deepEqual(
      tried.map(({ path }) => path).filter((path) => !named.includes(path)),
      [],
    );
  });

  it("stand by themselves: one in a loop would be more than is counted, a test beside them less", () => {
    for (const { path, text } of tried) {
      for (const indent of rows(text)) assert.ok(indent.length <= 2, `${path}: an attack in a loop`);
      assert.doesNotMatch(text, /^ *(it|test)\(/m, `${path}: every row is an attack()`);
      assert.notEqual(rows(text).length, 0, `${path}: nothing is tried`);
    }
  });
});
