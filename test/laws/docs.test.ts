/** What the documentation, the hints and the program's own words tell people to type, exists. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { resolve } from "../../src/cli/commands.ts";
import { parse } from "../../src/cli/parse.ts";
import { commandsIn, type Shown } from "./shown-commands.ts";
import { files, isTest, root } from "./sources.ts";

const prose = files.filter(({ path }) => path.endsWith(".md"));
const spoken = files.filter(({ path }) => /^(src|bin|tools|recipes)\//.test(path) && !isTest(path));
const shown: readonly Shown[] = [...prose, ...spoken].flatMap(commandsIn);

/** Why `lodge WORDS` cannot be typed; undefined when it can. A placeholder may stand for any value. */
async function problem({
  words,
  placeholders,
}: Pick<Shown, "words" | "placeholders">): Promise<string | undefined> {
  if (words.length === 0 || words[0]?.startsWith("-")) return undefined;
  const found = resolve(words);
  if (!found) return "there is no such command";
  const command = await found.entry.load();
  try {
    parse(command, found.rest, `lodge ${found.entry.words.join(" ")}`);
    return undefined;
  } catch (error) {
    if (!placeholders) return (error as Error).message;
  }
  const end = found.rest.indexOf("--");
  const options = found.rest.slice(0, end < 0 ? undefined : end).filter((word) => word.startsWith("--"));
  const unknown = options.find((word) => {
    const name = word.slice(2).split("=")[0] ?? "";
    return !(name in command.options) && !(name.replace(/^no-/, "") in command.options);
  });
  return unknown && `there is no option ${unknown}`;
}

describe("commands that are shown to people", () => {
  it("are found in docs, hints and code", () => {
    const text = [
      "Type `lodge ls`, or 'lodge image rm {name}'.",
      "```sh",
      "$ lodge run debian-13 --name web -- \\",
      "    sh -c 'echo \"a b\"' | cat # says so",
      "LODGE_HOME=/x ./bin/lodge doctor > out",
      "lodge: a message",
      "```",
      "A lodge is no command, and `lodge` alone is one.",
    ].join("\n");
    assert.deepEqual(
      commandsIn({ path: "x.md", text }).map(({ line, words, placeholders }) => ({
        line,
        words,
        placeholders,
      })),
      [
        { line: 1, words: ["ls"], placeholders: false },
        { line: 1, words: ["image", "rm", "X"], placeholders: true },
        {
          line: 3,
          words: ["run", "debian-13", "--name", "web", "--", "sh", "-c", 'echo "a b"'],
          placeholders: false,
        },
        { line: 5, words: ["doctor"], placeholders: false },
        { line: 8, words: [], placeholders: false },
      ],
    );
    assert.ok(shown.length > 30);
  });

  it("exist, with their options", async () => {
    const broken: string[] = [];
    for (const one of shown) {
      const why = await problem(one);
      if (why) broken.push(`${one.path}:${one.line}: lodge ${one.words.join(" ")}: ${why}`);
    }
    assert.deepEqual(broken, []);
  });

  it("would be missed if they did not exist", async () => {
    assert.ok(await problem({ words: ["frobnicate"], placeholders: true }));
    assert.ok(await problem({ words: ["ls", "--frobnicate"], placeholders: true }));
    assert.ok(await problem({ words: ["image", "frobnicate"], placeholders: false }));
  });
});

describe("the documentation", () => {
  const scripts = (JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { scripts: object })
    .scripts;

  it("names npm scripts that exist", () => {
    const named = [...prose, ...spoken].flatMap(({ path, text }) =>
      [...text.matchAll(/\bnpm (?:run ([\w:-]+)|(start|stop|test)\b)/g)].map((match) => [
        path,
        match[1] ?? match[2] ?? "",
      ]),
    );
    assert.deepEqual(
      named.filter(([, script]) => !((script ?? "") in scripts)),
      [],
    );
  });

  it("links to files that exist", () => {
    const broken = prose.flatMap(({ path, text }) =>
      [...text.matchAll(/\]\(([^)#:\s]+)(?:#[\w-]*)?\)/g)]
        .map((match) => match[1] ?? "")
        .filter((link) => !existsSync(join(root, dirname(path), link)))
        .map((link) => `${path}: ${link}`),
    );
    assert.deepEqual(broken, []);
  });

  it("names files of the source that exist", () => {
    const broken = [...prose, ...spoken].flatMap(({ path, text }) =>
      [
        ...text.matchAll(
          /(?<![\w/.])((?:src|test|recipes|agent|tools|bench|packaging)\/[\w./-]+\.(?:ts|sh|yaml|py|md))\b/g,
        ),
      ]
        .map((match) => match[1] ?? "")
        .filter((file) => !/NAME|NOUN|VERB/.test(file) && !existsSync(join(root, file)))
        .map((file) => `${path}: ${file}`),
    );
    assert.deepEqual(broken, []);
  });
});
