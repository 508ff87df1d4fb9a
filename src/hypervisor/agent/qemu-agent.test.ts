/** What Lodge asks of QEMU's guest agent, of one that runs the commands on this host. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { hasCode } from "#contract/errors";
import { FakeQga } from "../../../test/fakes/fake-qga.ts";
import { guestAgentConformance } from "./guest-agent-conformance.ts";
import { QemuAgent } from "./qemu-agent.ts";

guestAgentConformance("QEMU's guest agent", async (t) => {
  const fake = await FakeQga.start(t);
  const folder = await mkdtemp(join(tmpdir(), "lodge-guest-"));
  t.after(() => rm(folder, { recursive: true }));
  return { agent: new QemuAgent(fake.client()), folder };
});

describe("QEMU's guest agent", () => {
  it("is not asked for what it cannot do", async (t) => {
    const fake = await FakeQga.start(t);
    const agent = new QemuAgent(fake.client());
    const argv = ["true"];
    for (const start of [
      { argv: [], tty: { rows: 24, cols: 80, term: "xterm" } },
      { argv, user: "debian" },
      { argv, cwd: "/srv" },
    ]) {
      const attempt = agent.exec(start, { timeout: 0 });
      await assert.rejects(attempt, (error) => hasCode(error, "agent.unsupported") && error.hint !== "");
    }
    assert.deepEqual(fake.calls, []);
  });

  it("is waited for only as long as is said", async (t) => {
    const fake = await FakeQga.start(t);
    fake.script = () => "silence";
    const agent = new QemuAgent(fake.client());
    const late = (error: unknown) => hasCode(error, "agent.unreachable") && error.params["seconds"] === 0.03;
    await assert.rejects(agent.answer({ timeout: 30 }), late);
    await assert.rejects(agent.exec({ argv: ["true"] }, { timeout: 30 }), late);
    await assert.rejects(agent.pack("/etc", { timeout: 30 }), late);
    await assert.rejects(agent.shutdown({ timeout: 30 }), late);
    await assert.rejects(agent.facts({ timeout: 30 }), late);
  });

  it("is believed to shut the guest down where it does not say that it failed", async (t) => {
    const fake = await FakeQga.start(t);
    const agent = new QemuAgent(fake.client());
    await agent.shutdown({ timeout: 5000 });
    assert.deepEqual(fake.calls.at(-1), { execute: "guest-shutdown", arguments: { mode: "powerdown" } });
    const desc = "child process has failed to shutdown";
    fake.script = ({ execute }) =>
      execute === "guest-shutdown" ? { error: { class: "GenericError", desc } } : undefined;
    const failed = (error: unknown) => hasCode(error, "agent.refused") && error.message.includes(desc);
    await assert.rejects(agent.shutdown({ timeout: 5000 }), failed);
    await agent.answer({ timeout: 5000 });
  });

  it("freezes and thaws, and says how many file systems", async (t) => {
    const fake = await FakeQga.start(t);
    const agent = new QemuAgent(fake.client());
    const answers: Record<string, object> = {
      "guest-fsfreeze-freeze": { return: 2 },
      "guest-fsfreeze-thaw": { return: 2 },
    };
    fake.script = ({ execute }) => answers[execute];
    assert.equal(await agent.freeze(20, { timeout: 5000 }), 2);
    assert.equal(await agent.thaw({ timeout: 5000 }), 2);
    answers["guest-fsfreeze-freeze"] = { error: { class: "GenericError", desc: "failed to open /" } };
    const failed = (error: unknown) => hasCode(error, "agent.freeze_failed") && /open/.test(error.message);
    await assert.rejects(agent.freeze(20, { timeout: 5000 }), failed);
    answers["guest-fsfreeze-thaw"] = { return: "many" };
    await assert.rejects(agent.thaw({ timeout: 5000 }), (error) => hasCode(error, "agent.bad_answer"));
  });
});
