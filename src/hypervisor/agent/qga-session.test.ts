/** A command by QEMU's guest agent as somebody sees it who expects streams and signals. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { describe, it, type TestContext } from "node:test";
import { hasCode } from "#contract/errors";
import { FakeQga } from "../../../test/fakes/fake-qga.ts";
import { QgaSession } from "./qga-session.ts";

const MiB = 1048576;

async function session(t: TestContext, argv: string[], signal?: AbortSignal) {
  const fake = await FakeQga.start(t);
  const started = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  fake.script = ({ execute }) => {
    if (execute === "guest-exec") started.resolve();
    if (execute === "guest-exec-status") asked.resolve();
    return undefined;
  };
  const command = new QgaSession(fake.client(), { argv }, signal);
  return { fake, command, started: started.promise, asked: asked.promise };
}

/** One that runs on, and names the process that does. */
const runsOn = (fake: FakeQga) => (error: unknown) =>
  hasCode(error, "agent.command_runs_on") && error.params["pid"] === fake.remembered[0];

describe("a command by QEMU's guest agent", () => {
  it("starts when its input has ended, and has all of it", async (t) => {
    const { fake, command } = await session(t, ["cat"]);
    command.stdin.write("first, ");
    await new Promise((resolve) => command.stdin.write("second", resolve));
    assert.deepEqual(fake.calls, []);
    command.stdin.end();
    assert.equal(await text(command.stdout), "first, second");
    assert.equal(await text(command.stderr), "");
    assert.deepEqual(await command.exit, { code: 0 });
  });

  it("is not started with more input than the agent takes", async (t) => {
    const { fake, command } = await session(t, ["cat"]);
    for (let at = 0; at < 17; at++) command.stdin.write(Buffer.alloc(MiB));
    await assert.rejects(command.exit, (error) => hasCode(error, "agent.input_limit"));
    assert.equal(await text(command.stdout), "");
    assert.deepEqual(fake.calls, []);
  });

  it("gives all output that was kept, and then says that it was not all", async (t) => {
    const { fake, command } = await session(t, ["true"]);
    const kept = Buffer.alloc(16 * MiB, "k").toString("base64");
    fake.script = ({ execute }) =>
      execute === "guest-exec-status"
        ? { return: { exited: true, exitcode: 0, "out-data": kept, "out-truncated": true } }
        : undefined;
    command.stdin.end();
    const failed = assert.rejects(command.exit, (error) => hasCode(error, "agent.output_limit"));
    command.stderr.resume();
    assert.equal((await text(command.stdout)).length, 16 * MiB);
    await failed;
  });

  it("does not begin where a signal comes before its input has ended", async (t) => {
    const { fake, command } = await session(t, ["sleep", "100"]);
    command.kill("SIGINT");
    assert.deepEqual(await command.exit, { code: 128, signal: "SIGINT" });
    await once(command.stdin, "close");
    assert.deepEqual(fake.calls, []);
  });

  it("runs on where a signal comes, which is said with its process", async (t) => {
    const { fake, command, asked } = await session(t, ["sleep", "100"]);
    command.stdin.end();
    await asked;
    command.kill("SIGINT");
    await assert.rejects(command.exit, runsOn(fake));
    assert.equal(await text(command.stdout), "");
  });

  it("runs on as well where a signal comes while it starts", async (t) => {
    const { fake, command, started } = await session(t, ["sleep", "100"]);
    command.stdin.end();
    await started;
    command.kill("SIGTERM");
    await assert.rejects(command.exit, runsOn(fake));
  });

  it("is let go by whoever gives up", async (t) => {
    const giveUp = new AbortController();
    const { fake, command, asked } = await session(t, ["sleep", "100"], giveUp.signal);
    command.stdin.end();
    await asked;
    giveUp.abort();
    await assert.rejects(command.exit, runsOn(fake));
  });
});
