/** Commands, against the real agent. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { userInfo } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { hasCode } from "#contract/errors";
import { AgentProcess } from "../../../test/fakes/agent-process.ts";
import { streamWindow } from "./protocol.ts";

const user = userInfo().username;

async function text(stream: AsyncIterable<Buffer>): Promise<string> {
  let all = "";
  for await (const chunk of stream) all += chunk.toString();
  return all;
}

describe("a command in a guest", () => {
  it("has its arguments, input, variables and folder, and gives its output, errors and code", async (t) => {
    const client = (await AgentProcess.start(t)).client();
    const script = 'cat; printf "%s|" "$@" "$HOME" "$V"; pwd; echo bad >&2; exit 7';
    const argv = ["sh", "-c", script, "sh", "a b", "", "ü"];
    const result = await client.runToEnd(argv, {
      input: "in\n",
      env: { V: "x=y", HOME: "/h" },
      cwd: "/usr",
      user,
    });
    assert.deepEqual(result.exit, { code: 7 });
    assert.equal(result.stdout.toString(), "in\na b||ü|/h|x=y|/usr\n");
    assert.equal(result.stderr.toString(), "bad\n");
  });

  it("has nothing on its input where there is none, and no open file of the agent's", async (t) => {
    const client = (await AgentProcess.start(t)).client();
    const { stdout } = await client.runToEnd(["sh", "-c", "cat; ls -l /proc/self/fd"], { user });
    const open = [...stdout.toString().matchAll(/ (\d+) -> (\S+)/g)];
    assert.ok(open.some(([, number, target]) => number === "0" && target === "/dev/null"));
    // Low numbers are the agent's own; high ones may be what this test's own process was started with.
    const leaked = open.filter(
      ([, number, target]) => Number(number) > 2 && /^(socket|anon|pipe)/.test(target ?? ""),
    );
    assert.deepEqual(leaked.filter(([, number]) => Number(number) < 100).map(String), []);
  });

  it("starts with the signals' usual effects", async (t) => {
    const client = (await AgentProcess.start(t)).client();
    const { stdout } = await client.runToEnd(["grep", "-E", "SigBlk|SigIgn", "/proc/self/status"], { user });
    assert.match(stdout.toString(), /^SigBlk:\s0+\nSigIgn:\s0+\n$/);
  });

  it("is refused when it cannot be started", async (t) => {
    const agent = await AgentProcess.start(t);
    const client = agent.client();
    const missing = (error: unknown) => hasCode(error, "agent.command_not_found");
    await assert.rejects(client.runToEnd(["no-such-command"], { user }), missing);
    await assert.rejects(client.runToEnd(["/etc/passwd"], { user }), missing);
    await assert.rejects(client.runToEnd(["true"], { cwd: "/no-such-folder", user }), missing);
    await assert.rejects(client.runToEnd(["true"], { user: "no-such-user" }), missing);
    await assert.rejects(client.runToEnd([], { user }), (error) => hasCode(error, "agent.refused"));
    assert.deepEqual((await client.runToEnd(["true"], { user })).exit, { code: 0 });
  });

  it("ends by a signal, which reaches what it started", async (t) => {
    const client = (await AgentProcess.start(t)).client();
    const session = await client.exec({ argv: ["sh", "-c", "sleep 60 & echo $!; wait"], user, stdin: false });
    const output = session.stdout[Symbol.asyncIterator]();
    const sleeper = Number((await output.next()).value);
    session.signal("SIGTERM");
    assert.deepEqual(await session.exit, { signal: "SIGTERM" });
    // It may stay as a zombie, of which there is no command line.
    const words = () => readFile(`/proc/${sleeper}/cmdline`, "utf8").catch(() => "");
    for (let i = 0; i < 250 && (await words()) !== ""; i++) await delay(20);
    assert.equal(await words(), "");
  });

  it("is killed when its time is up, or when its caller gives up", async (t) => {
    const client = (await AgentProcess.start(t)).client();
    const argv = ["sh", "-c", "echo $$ >&2; exec sleep 60"];
    await assert.rejects(client.runToEnd(argv, { user, timeout: 50 }), (error) =>
      hasCode(error, "agent.command_timeout"),
    );
    const signal = AbortSignal.timeout(50);
    await assert.rejects(client.runToEnd(argv, { user, signal }), { name: "TimeoutError" });
    // What was asked to end takes its moment on a busy host.
    const count = ["sh", "-c", "ps -o args= --ppid $PPID | grep -c '[s]leep 60'"];
    const left = async () => (await client.runToEnd(count, { user })).stdout.toString().trim();
    for (let i = 0; i < 250 && (await left()) !== "0"; i++) await delay(20);
    assert.equal(await left(), "0");
  });

  it("does not hold back its end for what it left behind, which lives on", async (t) => {
    const agent = await AgentProcess.start(t);
    const file = join(agent.folder, "late");
    const script = `(sleep 0.1; echo late; echo later >&2; echo done >${file}) & echo now`;
    const result = await agent.client().runToEnd(["sh", "-c", script], { user });
    assert.equal(result.stdout.toString(), "now\n");
    await delay(250);
    assert.equal(await readFile(file, "utf8"), "done\n");
  });

  it("is held back by a slow reader, and loses nothing", async (t) => {
    const client = (await AgentProcess.start(t)).client();
    const session = await client.exec({ argv: ["seq", "1", "200000"], user, stdin: false });
    await delay(100);
    assert.ok(session.stdout.received <= streamWindow);
    let expected = "";
    for (let number = 1; number <= 200_000; number++) expected += `${number}\n`;
    assert.ok((await text(session.stdout)) === expected);
    assert.deepEqual(await session.exit, { code: 0 });
  });

  it("takes more input than fits anywhere", async (t) => {
    const client = (await AgentProcess.start(t)).client();
    const input = Buffer.alloc(5_000_000, "0123456789");
    const { stdout, truncated } = await client.runToEnd(["cat"], { input, limit: input.length, user });
    assert.ok(stdout.equals(input));
    assert.equal(truncated, false);
  });

  it("may end without reading its input", async (t) => {
    const client = (await AgentProcess.start(t)).client();
    const result = await client.runToEnd(["true"], { input: Buffer.alloc(3_000_000), user });
    assert.deepEqual(result.exit, { code: 0 });
  });

  it("gives as much output as is wanted, and says that there was more", async (t) => {
    const client = (await AgentProcess.start(t)).client();
    const result = await client.runToEnd(["seq", "1", "100000"], { limit: 10, user });
    assert.equal(result.stdout.toString(), "1\n2\n3\n4\n5\n");
    assert.equal(result.truncated, true);
  });

  it("is one of 64 at most", async (t) => {
    const client = (await AgentProcess.start(t)).client();
    const start = () => client.exec({ argv: ["cat"], user });
    const sessions = await Promise.all(Array.from({ length: 64 }, start));
    await assert.rejects(start(), (error) => hasCode(error, "agent.busy"));
    sessions[5]?.close("SIGKILL");
    sessions[5] = await start();
    for (const session of sessions) session.stdin.end("x");
    for (const session of sessions) assert.equal(await text(session.stdout), "x");
  });
});

describe("a terminal in a guest", () => {
  it("has a size, which can change, and ends when its input does", async (t) => {
    const client = (await AgentProcess.start(t)).client();
    const tty = { rows: 30, cols: 100 };
    const session = await client.exec({ argv: ["sh"], tty, user, env: { PS1: "", ENV: "" } });
    session.stdin.write(
      "stty -echo; stty size; trap 'stty size' WINCH; echo ready; while read x; do :; done; exit 6\n",
    );
    let seen = "";
    let resized = false;
    for await (const chunk of session.stdout) {
      seen += chunk.toString();
      if (seen.includes("ready\r\n") && !resized) {
        resized = true;
        session.resize(40, 120);
      }
      if (seen.includes("40 120")) session.stdin.end();
    }
    assert.match(seen, /30 100\r\n[^]*40 120\r\n/);
    assert.deepEqual(await session.exit, { code: 6 });
    assert.equal(await text(session.stderr), "");
  });

  it("is a login shell's, where one is asked for", async (t) => {
    const client = (await AgentProcess.start(t)).client();
    const session = await client.exec({ argv: [], login: true, tty: { rows: 24, cols: 80 }, user });
    session.stdin.write('case "$0" in -*) echo is-login;; esac; tty; exit 5\n');
    const seen = await text(session.stdout);
    assert.match(seen, /\nis-login\r\n[^]*\/dev\/pts\/\d+\r\n/);
    assert.deepEqual(await session.exit, { code: 5 });
  });
});
