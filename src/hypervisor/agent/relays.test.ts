/** A guest that goes to another host: what was begun from here goes on through that host's client. Against the real agent. */
import assert from "node:assert/strict";
import { userInfo } from "node:os";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { hasCode } from "#contract/errors";
import { AgentProcess, BreakingWay } from "../../../test/fakes/agent-process.ts";

const user = userInfo().username;
const session = "s";

async function text(stream: AsyncIterable<Buffer>): Promise<string> {
  let all = "";
  for await (const chunk of stream) all += chunk.toString();
  return all;
}

/** The guest's agent, a client there, and one here whose way ends after its connection has carried so much. */
async function twoHosts(t: TestContext, { carries, there }: { carries: number; there: () => number }) {
  const agent = await AgentProcess.start(t);
  const second = agent.client({
    path: new BreakingWay(t, join(agent.folder, "there"), agent.path, there).path,
    session,
  });
  let moved = 0;
  const way = new BreakingWay(t, join(agent.folder, "here"), agent.path, () => carries);
  const first = agent.client({
    path: way.path,
    session,
    async onward() {
      moved++;
      return second.relay();
    },
  });
  return { agent, first, second, way, moves: () => moved };
}

describe("a command whose guest went to another host", () => {
  it("loses and doubles nothing, in either direction, also when the connection there breaks", async (t) => {
    let seed = 7;
    const there = () => 20_000 + ((seed = (seed * 48_271) % 2_147_483_647) % 60_000);
    const { first, second, way, moves } = await twoHosts(t, { carries: 150_000, there });
    const session = await first.exec({ argv: ["sh", "-c", "cat; echo end >&2; exit 3"], user });
    const other = async () => {
      await new Promise((resolve) => setTimeout(resolve, 100));
      return second.runToEnd(["echo", "here"], { user });
    };
    const input = Array.from({ length: 100_000 }, (_, at) => `${at + 1}\n`).join("");
    session.stdin.end(input);
    const ended = Promise.all([text(session.stdout), text(session.stderr), session.exit]);
    way.close();
    const [[output, errors, exit], { stdout }] = await Promise.all([ended, other()]);
    assert.ok(output === input, `${output.length} of ${input.length}`);
    assert.deepEqual([errors, exit], ["end\n", { code: 3 }]);
    assert.equal(String(stdout), "here\n");
    assert.ok(moves() > 5, `${moves()} ways`);
  });

  it("is let go of at both ends when it has ended, and its client here with it", async (t) => {
    const { agent, first, second, way } = await twoHosts(t, { carries: 10_000, there: () => Infinity });
    const command = await first.exec({ argv: ["sh", "-c", "cat; exit 3"], user });
    way.close();
    first.leave();
    command.stdin.end("some words");
    assert.equal(await text(command.stdout), "some words");
    assert.deepEqual([await text(command.stderr), await command.exit], ["", { code: 3 }]);
    await assert.rejects(first.hello(), (error) => hasCode(error, "agent.lost"));
    await second.ping();
    second.close();
    assert.deepEqual((await agent.client({ session }).hello()).channels, []);
  });

  it("is lost where the guest went nowhere", async (t) => {
    const agent = await AgentProcess.start(t);
    const way = new BreakingWay(t, join(agent.folder, "here"), agent.path, () => Infinity);
    const client = agent.client({ path: way.path, onward: async () => undefined });
    const command = await client.exec({ argv: ["cat"], user });
    way.close();
    await assert.rejects(command.exit, (error) => hasCode(error, "agent.lost"));
  });

  it("is nobody's who does not know the guest's session", async (t) => {
    const { agent, second } = await twoHosts(t, { carries: Infinity, there: () => Infinity });
    await second.hello();
    const stranger = agent.client({
      path: join(agent.folder, "nothing"),
      session: "x",
      onward: async () => second.relay(),
    });
    await assert.rejects(stranger.hello({ timeout: 100 }), (error) => hasCode(error, "agent.unreachable"));
  });
});
