/** The connection to QEMU's guest agent: it may be slow, gone, started anew, or no agent at all. */
import assert from "node:assert/strict";
import { hostname } from "node:os";
import { describe, it, type TestContext } from "node:test";
import { systemClock, type Clock } from "#base/clock";
import { hasCode } from "#contract/errors";
import { FakeQga } from "../../../test/fakes/fake-qga.ts";
import { askFacts } from "./qga-facts.ts";
import { readFile, writeFile } from "./qga-file.ts";
import { QgaClient } from "./qga.ts";
import { QgaProcess, runToEnd } from "./qga-process.ts";

const parse = (value: unknown) => value;
const ping = (client: QgaClient, call = {}) => client.call("guest-ping", {}, { parse, ...call });
const nonsense = (error: unknown) => hasCode(error, "agent.bad_answer");

async function peer(t: TestContext): Promise<{ fake: FakeQga; client: QgaClient }> {
  const fake = await FakeQga.start(t);
  fake.script = ({ execute }) => (execute === "guest-ping" ? { return: {} } : undefined);
  return { fake, client: fake.client() };
}

/** A clock on which a second takes ten milliseconds. */
const quick: Clock = { ...systemClock, sleep: (ms, signal) => systemClock.sleep(ms / 100, signal) };

/** Answers a command with this, and everything else as ever. */
const says = (fake: FakeQga, command: string, answer: object | Buffer | "silence") => {
  fake.script = ({ execute }) =>
    execute === command ? answer : execute === "guest-ping" ? { return: {} } : undefined;
};

const line = (words: string) => Buffer.from(`${words}\n`);

describe("the connection to QEMU's guest agent", () => {
  it("throws away what an earlier host left in the line", async (t) => {
    const { fake, client } = await peer(t);
    fake.stale = '{"return": {"pid": 1}}\n\n{"return": 12}\n\xff{"return": 7}\n\xffnothing\n{"retu';
    await ping(client);
  });

  it("asks again where the one who was asked has ended since", async (t) => {
    const { fake } = await peer(t);
    const client = fake.client({ clock: quick });
    let asked = 0;
    fake.script = ({ execute }) => {
      if (execute === "guest-ping") return { return: {} };
      return ++asked === 1 ? "silence" : undefined;
    };
    await client.answer({ timeout: 1_000_000 });
    await ping(client);
    assert.ok(asked > 1);
  });

  it("loses a call with the agent that was asked, though another one is there by now", async (t) => {
    const { fake } = await peer(t);
    const client = fake.client({ clock: quick });
    says(fake, "guest-exec-status", "silence");
    const lost = runToEnd(client, { argv: ["true"] }, { timeout: 0 });
    await assert.rejects(lost, (error) => hasCode(error, "agent.lost"));
    await ping(client);
  });

  it("waits for an agent that is only slow, and takes its next answer for no other", async (t) => {
    const { fake } = await peer(t);
    const doubted = Promise.withResolvers<void>();
    const sleep = async (ms: number, signal?: AbortSignal) => {
      await quick.sleep(ms, signal);
      doubted.resolve();
    };
    const client = fake.client({ clock: { ...systemClock, sleep } });
    await ping(client);
    fake.delay = doubted.promise;
    const facts = await client.call("guest-get-host-name", {}, { parse });
    assert.deepEqual(facts, { "host-name": hostname() });
    await ping(client);
  });

  it("gives up a call in time, and asks the next one anew", async (t) => {
    const { fake, client } = await peer(t);
    says(fake, "guest-get-osinfo", "silence");
    const unanswered = (call: object) => client.call("guest-get-osinfo", {}, { parse, ...call });
    await assert.rejects(unanswered({ timeout: 30 }), (error) => hasCode(error, "agent.unreachable"));
    await assert.rejects(unanswered({ signal: AbortSignal.timeout(30) }), { name: "TimeoutError" });
    await ping(client);
  });

  it("counts the time for what comes before a call to its own", async (t) => {
    const { fake, client } = await peer(t);
    says(fake, "guest-get-osinfo", "silence");
    const giveUp = new AbortController();
    const first = client.call("guest-get-osinfo", {}, { parse, timeout: 0, signal: giveUp.signal });
    const second = assert.rejects(ping(client, { timeout: 30 }), (error) =>
      hasCode(error, "agent.unreachable"),
    );
    await second;
    giveUp.abort(new TypeError("enough"));
    await assert.rejects(first, TypeError);
    await ping(client);
  });

  it("is lost where nobody listens, and once it is closed", async (t) => {
    const lost = (error: unknown) => hasCode(error, "agent.lost");
    await assert.rejects(ping(new QgaClient({ path: "/nonexistent/qga", guest: "test" })), lost);
    const { fake, client } = await peer(t);
    says(fake, "guest-get-osinfo", "silence");
    const waiting = assert.rejects(client.call("guest-get-osinfo", {}, { parse }), lost);
    client.close();
    await waiting;
    await assert.rejects(ping(client), lost);
  });

  it("tells a command that is not there from a call that is forbidden", async (t) => {
    const { fake, client } = await peer(t);
    await assert.rejects(runToEnd(client, { argv: ["no-such-command"] }), (error) => {
      return (
        hasCode(error, "agent.command_not_found") && error.params["reason"] === "No such file or directory"
      );
    });
    says(fake, "guest-exec", { error: { class: "CommandNotFound", desc: "has been disabled" } });
    await assert.rejects(runToEnd(client, { argv: ["true"] }), (error) =>
      hasCode(error, "agent.unsupported"),
    );
  });
});

describe("a peer that is no honest agent", () => {
  it("is found out by answers that make no sense, and the next call is asked anew", async (t) => {
    const { fake, client } = await peer(t);
    for (const words of [
      "nonsense",
      "null",
      "[]",
      '{"error": 5}',
      '{"error": {"class": "GenericError"}}',
      `{"return": ${"[".repeat(60_000)}`,
    ]) {
      says(fake, "guest-get-osinfo", line(words));
      await assert.rejects(client.call("guest-get-osinfo", {}, { parse }), nonsense, words);
      await ping(client);
    }
  });

  it("is cut off where an answer is longer than it may be", async (t) => {
    const { fake, client } = await peer(t);
    says(fake, "guest-get-osinfo", Buffer.alloc(2_000_000, "x"));
    await assert.rejects(client.call("guest-get-osinfo", {}, { parse }), nonsense);
    await ping(client);
  });

  it("is found out by a command's end that is none", async (t) => {
    const { fake, client } = await peer(t);
    for (const pid of [undefined, "1", 1.5, {}]) {
      says(fake, "guest-exec", { return: { pid } });
      await assert.rejects(runToEnd(client, { argv: ["true"] }), nonsense);
    }
    for (const status of [
      null,
      { exited: true },
      { exited: true, exitcode: "0" },
      { exited: true, exitcode: 0, "out-data": {} },
    ]) {
      says(fake, "guest-exec-status", { return: status });
      await assert.rejects(runToEnd(client, { argv: ["true"] }), nonsense);
    }
  });

  it("is found out by files that never end or take what was not given", async (t) => {
    const { fake, client } = await peer(t);
    says(fake, "guest-file-read", { return: { count: 0, "buf-b64": "", eof: false } });
    await assert.rejects(async () => {
      for await (const part of readFile(client, "/dev/null")) void part;
    }, nonsense);
    for (const count of [0, -1, 6, "5"]) {
      says(fake, "guest-file-write", { return: { count } });
      const content = (async function* () {
        yield Buffer.from("bytes");
      })();
      await assert.rejects(writeFile(client, "/dev/null", content), nonsense);
    }
    const names = fake.calls.map(({ execute }) => execute);
    const count = (name: string) => names.filter((it) => it === name).length;
    assert.equal(count("guest-file-close"), count("guest-file-open"));
  });

  it("tells facts that are none", async (t) => {
    const { fake, client } = await peer(t);
    for (const cards of [{}, [1], [{ "ip-addresses": [{ "ip-address": 1, prefix: 8 }] }]]) {
      says(fake, "guest-network-get-interfaces", { return: cards });
      await assert.rejects(askFacts(client), nonsense);
    }
  });
});

describe("facts of QEMU's guest agent", () => {
  it("leave out what the agent must not tell", async (t) => {
    const { fake, client } = await peer(t);
    fake.script = ({ execute }) =>
      execute === "guest-get-host-name" || execute === "guest-sync-delimited"
        ? undefined
        : { error: { class: "CommandNotFound", desc: "has been disabled" } };
    const { hostname, ...rest } = await askFacts(client);
    assert.notEqual(hostname, "");
    assert.deepEqual(rest, { kernel: "", os: "", addresses: [] });
  });
});

describe("files by QEMU's guest agent", () => {
  it("say why they cannot be written, also where that comes to light at the end", async (t) => {
    const { fake, client } = await peer(t);
    const content = () =>
      (async function* () {
        yield Buffer.from("bytes");
      })();
    const refused = (reason: RegExp) => (error: unknown) =>
      hasCode(error, "agent.file") && reason.test(String(error.params["reason"]));
    await assert.rejects(writeFile(client, "/nonexistent/f", content()), refused(/no such file/));
    says(fake, "guest-file-close", { error: { class: "GenericError", desc: "No space left on device" } });
    await assert.rejects(writeFile(client, "/dev/null", content()), refused(/No space/));
  });
});

describe("a command by QEMU's guest agent", () => {
  it("has the agent's own environment where it is given none", async (t) => {
    const { fake, client } = await peer(t);
    await runToEnd(client, { argv: ["true"] });
    assert.deepEqual(fake.calls.find(({ execute }) => execute === "guest-exec")?.arguments, {
      path: "true",
      arg: [],
      "capture-output": true,
    });
    const { stdout } = await runToEnd(client, {
      argv: ["sh", "-c", 'echo "$HOME $USER $V"'],
      env: { V: "v", HOME: "/h" },
    });
    assert.equal(String(stdout), "/h root v\n");
  });

  it("takes its time, and is still asked after when nobody waits any more", async (t) => {
    const { fake, client } = await peer(t);
    let looks = 0;
    let release = () => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    fake.script = ({ execute }) => {
      if (execute !== "guest-exec-status") return undefined;
      if (++looks === 3) release();
      return looks < 5 ? { return: { exited: false } } : undefined;
    };
    const process = await QgaProcess.start(client, { argv: ["true"] });
    await held;
    assert.deepEqual(fake.remembered, [process.pid]);
    await process.ended;
    assert.deepEqual(fake.remembered, []);
  });

  it("runs on where it takes longer than it may", async (t) => {
    const { fake, client } = await peer(t);
    const late = (error: unknown) => hasCode(error, "agent.command_timeout");
    await assert.rejects(runToEnd(client, { argv: ["sleep", "100"] }, { timeout: 30 }), late);
    assert.equal(fake.remembered.length, 1);
  });

  it("is lost with the agent that knew it", async (t) => {
    const { fake, client } = await peer(t);
    const process = await QgaProcess.start(client, { argv: ["sleep", "100"] });
    says(fake, "guest-exec-status", { error: { class: "GenericError", desc: "Invalid parameter 'pid'" } });
    await assert.rejects(process.ended, (error) => hasCode(error, "agent.lost"));
  });
});
