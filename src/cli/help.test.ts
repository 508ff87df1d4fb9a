import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { describe, it } from "node:test";
import type { Single } from "./command.ts";
import { entries, nouns, resolve } from "./commands.ts";
import { commandPage, nounPage, overview } from "./help.ts";
import { parse } from "./parse.ts";
import { createTerminal } from "./terminal.ts";
import { wrap } from "./wrap.ts";

const stream = new PassThrough() as unknown as NodeJS.WriteStream;
const terminal = createTerminal({ stdin: process.stdin, stdout: stream, stderr: stream }, {});

/** The words of an example, as a shell reads them; what follows a pipe or redirection is not ours. */
const wordsOf = (line: string): string[] =>
  [...line.matchAll(/'([^']*)'|([|<>]|[^\s'|<>]+)/g)].map((match) => match[1] ?? match[2] ?? "");

describe("help", () => {
  it("fits a terminal", () => {
    const pages = [overview(entries, terminal), ...nouns.map((noun) => nounPage(noun, entries, terminal))];
    for (const line of pages.flat()) assert.ok(line.length <= 92, line);
  });

  it("lists every command", () => {
    const page = overview(entries, terminal).join("\n");
    for (const { words, summary } of entries) {
      assert.ok(page.includes(`  ${words.join(" ")} `), words.join(" "));
      assert.ok(page.replace(/\s+/g, " ").includes(summary), summary);
    }
  });

  for (const entry of entries) {
    const name = entry.words.join(" ");
    it(`of '${name}' has a page with examples that can be typed`, async () => {
      const command = await entry.load();
      const page = commandPage(entry, command, terminal);
      assert.ok(command.examples.length > 0);
      for (const option of Object.keys(command.options as object)) {
        assert.ok(
          page.some(
            (line) =>
              line.includes(`--${option}`) ||
              line.includes(`--[no-]${option}`) ||
              line.includes(`--no-${option}`),
          ),
          option,
        );
      }
      for (const [option, { kind, negated }] of Object.entries(
        command.options as Record<string, Single<unknown>>,
      ))
        if (kind === "single" && negated !== undefined)
          assert.ok(
            page.some((line) => line.includes(`--no-${option}`) || line.includes(`--[no-]${option}`)),
            `--no-${option}`,
          );
      const examples = new Set(command.examples.map(([line]) => line));
      for (const line of page) assert.ok(line.length <= 92 || examples.has(line.trim()), line);
      let own = 0;
      for (const [line] of command.examples) {
        const words = wordsOf(line.replace(/^(source <\(|.*?\| )/, "").replace(/\)$/, ""));
        const end = words.findIndex((word) => /^[|<>]$/.test(word));
        const [first, ...rest] = end < 0 ? words : words.slice(0, end);
        if (first !== "lodge") continue;
        const found = resolve(rest);
        assert.ok(found, line);
        if (found.entry === entry) {
          own++;
          assert.doesNotThrow(() => parse(command, found.rest, "lodge"), line);
        }
      }
      assert.ok(own > 0, "none of the examples is of this command");
    });
  }

  it("breaks lines at words", () => {
    assert.deepEqual(wrap("one two three", 2, 9), ["one two", "  three"]);
    assert.deepEqual(wrap("averyveryverylongword x", 0, 5), ["averyveryverylongword", "x"]);
  });
});

describe("commands", () => {
  it("have names of their own", () => {
    const names = entries.map(({ words }) => words.join(" "));
    assert.deepEqual(names, [...new Set(names)]);
    const short = entries.filter(({ words }) => words.length === 1).map(({ verb }) => verb);
    assert.deepEqual(
      short.filter((verb) => nouns.includes(verb)),
      [],
      "a noun would hide them",
    );
  });

  it("are found with and without their noun", () => {
    assert.equal(resolve(["guest", "ls", "-q"])?.entry, resolve(["ls"])?.entry);
    assert.deepEqual(resolve(["guest", "ls", "-q"])?.rest, ["-q"]);
    assert.equal(resolve(["image", "ls"])?.entry.noun, "image");
    assert.equal(resolve(["image"]), undefined);
    assert.equal(resolve(["frobnicate"]), undefined);
  });
});
