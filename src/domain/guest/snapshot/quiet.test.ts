import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { systemClock } from "#base/clock";
import { silentLog } from "#base/log";
import { LodgeError } from "#contract/errors";
import { NoAgent, type GuestAgent } from "#hypervisor/agent/guest-agent";
import { whileQuiet, type Freeze } from "./quiet.ts";

/** An agent that freezes as it is told, and notes what it is asked. */
function agent(freeze: () => Promise<number>, thawed: () => number) {
  const asked: string[] = [];
  const noted = new NoAgent("g") as GuestAgent;
  const inside = Object.assign(noted, {
    run: async () => (asked.push("sync"), 0),
    freeze: async () => (asked.push("freeze"), freeze()),
    thaw: async () => (asked.push("thaw"), thawed()),
  });
  return { asked, live: { id: "g0", inside, attend: () => undefined } };
}

function quiet(
  live: ReturnType<typeof agent>["live"],
  wanted: Freeze,
  work: () => void = () => undefined,
  signal = new AbortController().signal,
) {
  const parts = { live, guest: "g", clock: systemClock, log: silentLog, signal };
  return whileQuiet(parts, wanted, async () => work());
}

const failing = async (): Promise<number> => {
  throw new LodgeError("agent.unreachable", { guest: "g", seconds: 5 });
};

describe("a guest whose disks are made immutable", () => {
  test("is frozen meanwhile, after it has written what it can, and thawed", async () => {
    const { asked, live } = agent(
      async () => 2,
      () => 2,
    );
    const { consistency, warning } = await quiet(live, "auto", () => asked.push("work"));
    assert.deepEqual(asked, ["sync", "freeze", "work", "thaw"]);
    assert.deepEqual([consistency, warning], ["agent", undefined]);
  });

  test("is thawed where the work fails", async () => {
    const { asked, live } = agent(
      async () => 1,
      () => 1,
    );
    const fail = () => {
      throw new TypeError("the disk is full");
    };
    await assert.rejects(quiet(live, "auto", fail), TypeError);
    assert.equal(asked.at(-1), "thaw");
  });

  test("is not asked where it is not to be", async () => {
    const { asked, live } = agent(
      async () => 1,
      () => 1,
    );
    assert.equal((await quiet(live, "never")).consistency, "crash");
    assert.deepEqual(asked, []);
  });

  test("is as after a power cut where its agent does not answer, may freeze late, and is thawed", async () => {
    const { asked, live } = agent(failing, () => 0);
    const { consistency, warning } = await quiet(live, "auto", () => asked.push("work"));
    assert.deepEqual(asked, ["sync", "freeze", "thaw", "work"]);
    assert.equal(consistency, "crash");
    assert.match(warning ?? "", /5 s/);
  });

  test("without an agent is as after a power cut, which is nothing to be warned of", async () => {
    const live = { id: "g0", inside: new NoAgent("g"), attend: () => undefined };
    assert.deepEqual(Object.keys(await quiet(live as never, "auto")).toSorted(), ["consistency", "pause"]);
    await assert.rejects(quiet(live as never, "always"), { code: "agent.absent" });
  });

  test("that must be frozen is not kept where it was not, or not until the end", async () => {
    for (const [freeze, thawed] of [
      [failing, 0],
      [async () => 0, 0],
      [async () => 2, 0],
    ] as const) {
      const { live } = agent(freeze, () => thawed);
      await assert.rejects(quiet(live, "always"), LodgeError);
    }
    const { live } = agent(
      async () => 2,
      () => 1,
    );
    assert.equal((await quiet(live, "auto")).consistency, "crash");
  });

  test("is thawed where it is cancelled while it freezes, and nothing is done to its disks", async () => {
    const over = new AbortController();
    const { asked, live } = agent(
      async () => {
        over.abort(new LodgeError("operation.cancelled"));
        throw over.signal.reason;
      },
      () => 0,
    );
    await assert.rejects(
      quiet(live, "auto", () => asked.push("work"), over.signal),
      {
        code: "operation.cancelled",
      },
    );
    assert.deepEqual(asked, ["sync", "freeze", "thaw"]);
  });
});
