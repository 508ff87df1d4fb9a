import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { buffer, text } from "node:stream/consumers";
import { after, before, test } from "node:test";
import { hasCode, type ErrorCode } from "#contract/errors";
import { inputWindow } from "#contract/stream";
import { startFakeDaemon, until, type FakeDaemon } from "../../../test/fakes/fake-daemon.ts";
import type { FakeCommand } from "../../../test/fakes/fake-streams.ts";

let daemon: FakeDaemon;
before(async () => {
  daemon = await startFakeDaemon();
});
after(() => daemon.close());

const is = (code: ErrorCode) => (error: unknown) => hasCode(error, code);
const mebibyte = 1024 * 1024;
const last = (): FakeCommand => {
  const command = daemon.services.streams.commands.at(-1);
  assert.ok(command);
  return command;
};
const run = (...argv: string[]) => daemon.client.exec("db", { argv });

test("input comes back from cat, whole and in order", async () => {
  const command = await run("cat");
  const sent = Buffer.from(
    Array.from({ length: 3 * mebibyte }, (_, index) => (index * 7 + (index >> 8)) % 256),
  );
  const received = buffer(command.stdout);
  Readable.from([sent.subarray(0, 10), sent.subarray(10, 2_000_000), sent.subarray(2_000_000)]).pipe(
    command.stdin,
  );
  assert.deepEqual(await received, sent);
  assert.deepEqual(await command.exit, { code: 0 });
});

test("both outputs and the exit code arrive", async () => {
  const command = await run("both");
  const [out, err] = await Promise.all([text(command.stdout), text(command.stderr)]);
  assert.deepEqual([out, err], ["to stdout", "to stderr"]);
  const failing = await run("exit", "7");
  assert.deepEqual(await failing.exit, { code: 7 });
});

test("what cannot start says why", async () => {
  await assert.rejects(run("nowhere"), is("agent.command_not_found"));
  await assert.rejects(run("bug"), is("api.internal"));
  await assert.rejects(run(), is("api.invalid"));
  await assert.rejects(run("a\0b"), is("api.invalid"));
  await assert.rejects(daemon.client.exec("nobody", { argv: ["cat"] }), is("guest.not_found"));
  const lost = await run("fail");
  await assert.rejects(lost.exit, is("agent.lost"));
});

test("signals and sizes reach the command", async () => {
  const tty = { rows: 24, cols: 80, term: "xterm" };
  const command = await daemon.client.exec("db", { argv: ["sleep"], tty });
  assert.deepEqual(last().start.tty, tty);
  command.resize(50, 132);
  command.kill("SIGINT");
  assert.deepEqual(await command.exit, { code: -1, signal: "SIGINT" });
  assert.deepEqual(last().sizes, ["50x132"]);
});

test("a slow reader stops the writer: of 32 MiB little is ever under way", async () => {
  const size = 32 * mebibyte;
  const command = await run("produce", String(size));
  await new Promise((resolve) => setTimeout(resolve, 200));
  const ahead = last().produced;
  assert.ok(ahead < 4 * mebibyte, `${ahead} bytes were produced for a reader that reads nothing`);
  let received = 0;
  let most = 0;
  for await (const chunk of command.stdout as AsyncIterable<Buffer>) {
    for (const at of [0, chunk.length - 1]) assert.equal(chunk[at], (received + at) % 251);
    received += chunk.length;
    most = Math.max(most, last().produced - received);
    if (received % 16 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  assert.equal(received, size);
  assert.ok(most < 4 * mebibyte, `${most} bytes were under way`);
  assert.deepEqual(await command.exit, { code: 0 });
});

test("input that is not read waits at the sender, and signals pass it", async () => {
  const command = await run("sleep");
  let taken = 0;
  const piece = Buffer.alloc(65_536);
  command.stdin.on("error", () => undefined);
  for (let sent = 0; sent < 8 * mebibyte; sent += piece.length) {
    command.stdin.write(piece, () => (taken += piece.length));
  }
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.ok(taken >= inputWindow / 2 && taken <= inputWindow + piece.length, `${taken} bytes were taken`);
  command.kill("SIGTERM");
  assert.deepEqual(await command.exit, { code: -1, signal: "SIGTERM" });
});

test("a client that vanishes hangs up: SIGHUP, then nothing is left", async () => {
  const stop = new AbortController();
  const command = await daemon.client.exec("db", { argv: ["sleep"] }, { signal: stop.signal });
  const fake = last();
  stop.abort(new RangeError("gone"));
  await assert.rejects(command.exit, RangeError);
  await until(() => fake.ended);
  assert.deepEqual(fake.signals, ["SIGHUP"]);
});

test("a client that vanishes amid unread output and input hangs up as well", async () => {
  for (const argv of [["produce", String(64 * mebibyte)], ["sleep"]]) {
    const stop = new AbortController();
    const command = await daemon.client.exec("db", { argv }, { signal: stop.signal });
    command.exit.catch(() => undefined);
    command.stdin.on("error", () => undefined);
    command.stdin.write(Buffer.alloc(4 * mebibyte));
    const fake = last();
    await new Promise((resolve) => setTimeout(resolve, 50));
    stop.abort();
    await until(() => fake.signals.includes("SIGHUP"));
  }
});

test("a command that ignores the hang-up is given up after some seconds", async (context) => {
  const stop = new AbortController();
  const command = await daemon.client.exec("db", { argv: ["stubborn"] }, { signal: stop.signal });
  const fake = last();
  context.mock.timers.enable({ apis: ["setTimeout"] });
  stop.abort(new RangeError("gone"));
  await assert.rejects(command.exit, RangeError);
  await until(() => fake.signals.includes("SIGHUP"));
  assert.equal(fake.ended, false);
  context.mock.timers.tick(5000);
  await until(() => fake.ended);
});

test("a client that vanishes before the agent answers ends the waiting for it", async () => {
  const stop = new AbortController();
  const starting = daemon.client.exec("db", { argv: ["slow-agent"] }, { signal: stop.signal });
  setTimeout(() => stop.abort(new RangeError("enough")), 50);
  await assert.rejects(starting, RangeError);
});

test("a daemon that stops tells its clients, and the commands are hung up", async () => {
  const command = await run("sleep");
  const fake = last();
  await daemon.stop();
  await assert.rejects(command.exit, is("api.stopping"));
  assert.deepEqual(fake.signals, ["SIGHUP"]);
  assert.equal(await text(command.stdout), "");
  await daemon.start();
});
