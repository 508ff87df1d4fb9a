/** What the documentation, the hints and the program's own words tell people to type, exists. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { nouns, resolve } from "../../src/cli/commands.ts";
import { parse } from "../../src/cli/parse.ts";
import { commandsIn, type Shown } from "./shown-commands.ts";
import { files, isTest, root } from "./sources.ts";

const prose = files.filter(({ path }) => path.endsWith(".md"));
const spoken = files.filter(({ path }) => /^(src|bin|tools|recipes)\//.test(path) && !isTest(path));
const shown: readonly Shown[] = [...prose, ...spoken].flatMap(commandsIn);

const stands = (word: string | undefined): boolean => word !== undefined && /^[A-Z]+$/.test(word);

/** Why `lodge WORDS` cannot be typed; undefined when it can. A placeholder may stand for any value. */
async function problem(one: Omit<Shown, "path" | "line">): Promise<string | undefined> {
  const { words, placeholders, fenced } = one;
  const [first = "--help", second] = words;
  if (first.startsWith("-") || stands(first)) return undefined;
  // "see 'lodge image'", "'lodge image COMMAND --help'"
  if (nouns.includes(first) && !fenced && (second === undefined || stands(second))) return undefined;
  const found = resolve(words);
  if (!found) return "there is no such command";
  const command = await found.entry.load().catch(() => undefined);
  if (!command) return "its file cannot be loaded";
  // "as 'lodge exec' does" is a mention, and nothing to type.
  if (found.rest.length === 0 && !fenced) return undefined;
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
      commandsIn({ path: "x.md", text }).map(({ path: _path, ...rest }) => rest),
      [
        { line: 1, words: ["ls"], placeholders: false, fenced: false },
        { line: 1, words: ["image", "rm", "X"], placeholders: true, fenced: false },
        {
          line: 3,
          words: ["run", "debian-13", "--name", "web", "--", "sh", "-c", 'echo "a b"'],
          placeholders: false,
          fenced: true,
        },
        { line: 5, words: ["doctor"], placeholders: false, fenced: true },
        { line: 8, words: [], placeholders: false, fenced: false },
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
    const shows = (fenced: boolean, placeholders: boolean, ...words: string[]) =>
      problem({ words, placeholders, fenced });
    assert.ok(await shows(false, true, "frobnicate"));
    assert.ok(await shows(false, true, "ls", "--frobnicate"));
    assert.ok(await shows(false, false, "image", "frobnicate"));
    assert.ok(await shows(true, false, "exec"));
    assert.ok(await shows(true, false, "image"));
    assert.equal(await shows(false, false, "exec"), undefined);
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

describe("decisions", () => {
  it("have a number each, that their title says", () => {
    const decisions = files.flatMap(({ path, text }) => {
      const number = /^docs\/decisions\/(\d{4})-/.exec(path)?.[1];
      return number === undefined ? [] : [{ number, title: text.slice(0, 7) }];
    });
    const numbers = decisions.map(({ number }) => number);
    assert.deepEqual(numbers.toSorted(), [...new Set(numbers)].toSorted());
    for (const { number, title } of decisions) assert.equal(title, `# ${number}:`);
  });
});
