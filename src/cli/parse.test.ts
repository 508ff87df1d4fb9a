import assert from "node:assert/strict";
import { describe, it, test } from "node:test";
import { hasCode } from "#contract/errors";
import { choice, command, flag, many, parsed, text, type Command } from "./command.ts";
import { leadingOptions, parse } from "./parse.ts";
import { parseCount, parsePair } from "./values.ts";

const make = (more: Partial<Command> = {}): Command =>
  command({
    operands: [{ name: "GUEST" }],
    options: {
      force: flag("", { short: "f" }),
      interactive: flag("", { short: "i" }),
      wait: flag("", { on: true }),
      name: text("NAME", "", { short: "n" }),
      cpus: parsed("N", "", parseCount(1, 8)),
      label: many("KEY=VALUE", "", parsePair, { short: "l" }),
      until: choice(["up", "ready"], "", { bare: "up", negated: "up" }),
    },
    examples: [],
    run: async () => undefined,
    ...more,
  });

const read = (words: readonly string[], more?: Partial<Command>) =>
  parse(make(more), words, "lodge test").input;
const fails = (words: readonly string[], reason: RegExp, more?: Partial<Command>) =>
  assert.throws(
    () => read(words, more),
    (error) => hasCode(error, "api.usage", "api.invalid") && reason.test(error.message),
  );

test("options that every command has may stand before it", () => {
  assert.equal(leadingOptions(["ls", "--remote", "lab"]), 0);
  assert.equal(leadingOptions(["--remote", "lab", "ls"]), 2);
  assert.equal(leadingOptions(["-v", "--home=/srv", "--project", "shop", "ls", "-q"]), 4);
  assert.equal(leadingOptions(["--quiet", "ls"]), 0);
  assert.equal(leadingOptions(["--remote"]), 1);
});

describe("a command line", () => {
  it("has options before and after operands", () => {
    const { operands, options } = read(["--force", "web", "--name=x", "--cpus", "2"]);
    assert.deepEqual(operands, ["web"]);
    assert.deepEqual(options, { force: true, name: "x", cpus: 2 });
  });

  it("has short options, alone, joined and with values", () => {
    assert.deepEqual(read(["-fi", "web"]).options, { force: true, interactive: true });
    for (const words of [["-n", "x"], ["-nx"], ["-n=x"], ["-fnx"]]) {
      assert.equal(read([...words, "web"]).options["name"], "x", words.join(" "));
    }
  });

  it("collects an option that may be given again", () => {
    assert.deepEqual(read(["web", "-l", "a=1", "--label", "b=2=3"]).options["label"], [
      ["a", "1"],
      ["b", "2=3"],
    ]);
  });

  it("switches off what is on, by --no-", () => {
    assert.equal(read(["web", "--no-wait"]).options["wait"], false);
    assert.equal(read(["web"]).options["wait"], undefined);
  });

  it("has options whose value may be left out, and then does not take the next word for it", () => {
    assert.deepEqual(read(["--until", "web"]).operands, ["web"]);
    assert.equal(read(["--until", "web"]).options["until"], "up");
    assert.equal(read(["--until=ready", "web"]).options["until"], "ready");
  });

  it("ends its options at --", () => {
    assert.deepEqual(read(["--", "--force"]).operands, ["--force"]);
    assert.equal(read(["--", "--force"]).options["force"], undefined);
  });

  it("takes a lone dash for an operand", () => assert.deepEqual(read(["-"]).operands, ["-"]));

  it("says what is missing, too much or unknown", () => {
    fails([], /GUEST is missing/);
    fails(["web", "db"], /'db' is one word too many/);
    fails(["web", "--nmae", "x"], /no option --nmae \(did you mean --name\?\)\./);
    fails(["web", "--qqqqqq"], /no option --qqqqqq\.$/);
    fails(["web", "-x"], /no option -x/);
    fails(["web", "--name"], /--name needs NAME/);
    fails(["web", "--name", "--", "x"], /--name needs NAME/);
    fails(["web", "--force=yes"], /--force takes no value/);
    fails(["web", "--cpus", "9"], /--cpus: '9' is not a whole number from 1 to 8/);
    fails(["web", "--until=never"], /--until: 'never' is none of up, ready/);
    fails(["web", "--no-name"], /no option --no-name/);
    fails(["web", "--constructor"], /no option --constructor/);
  });

  it("asks for nothing where help is wanted", () =>
    assert.equal(parse(make(), ["-h"], "lodge").global.help, true));

  it("knows the options that every command has", () => {
    const { global } = parse(make(), ["web", "-v", "--home", "/srv"], "lodge");
    assert.deepEqual(global, {
      help: false,
      verbose: true,
      home: "/srv",
      remote: undefined,
      project: undefined,
      host: undefined,
      reason: undefined,
    });
  });

  it("gives a command its own option where that has the name of one that every command has", () => {
    const words = ["web", "--host", "beta"];
    assert.equal(parse(make(), words, "lodge test").global.host, "beta");
    const own = make({ options: { host: text("NAME", "") } });
    const { input, global } = parse(own, words, "lodge test");
    assert.deepEqual([input.options["host"], global.host], ["beta", undefined]);
  });
});

describe("a command line that holds another command", () => {
  const more = { trailing: "COMMAND" };

  it("hands everything after -- over", () => {
    const { operands, options, trailing } = read(["web", "-f", "--", "ls", "-f", "--", "x"], more);
    assert.deepEqual(
      { operands, options, trailing },
      {
        operands: ["web"],
        options: { force: true },
        trailing: ["ls", "-f", "--", "x"],
      },
    );
  });

  it("begins it at the first word that is no operand", () => {
    const { operands, options, trailing } = read(["-f", "web", "ls", "-i", "--name"], more);
    assert.deepEqual([operands, options, trailing], [["web"], { force: true }, ["ls", "-i", "--name"]]);
  });

  it("leaves it out", () => assert.deepEqual(read(["web"], more).trailing, []));

  it("does not take the command for an operand that may be left out", () => {
    const optional = { ...more, operands: [{ name: "IMAGE", optional: true }] };
    assert.deepEqual(read(["--", "ls"], optional), { operands: [], options: {}, trailing: ["ls"] });
  });
});
