import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { hasCode } from "#contract/errors";
import { HostStore } from "#durable/store/host-store";
import { MemoryStore } from "#durable/store/memory";
import { guestKey, type GuestRecord } from "../record.ts";
import { handOver } from "./commit-move.ts";
import { endMove, moveKey, type MoveRecord } from "./move-record.ts";

const guest = {
  id: "g0123456789",
  name: "web",
  state: "running",
  disks: [],
  suspendFile: "/one/guests/g0123456789/suspended.state",
} as unknown as GuestRecord;

const target = { host: "h2", name: "two", places: { guests: "/two/guests", run: "/two/run" } };
const process = { pid: 7, startTime: "7", accelerator: "tcg", ram: { kind: "own" } } as const;

async function underWay() {
  const all = new MemoryStore();
  const [one, two] = ["h1", "h2"].map((host) => new HostStore({ store: all, host })) as [
    HostStore,
    HostStore,
  ];
  const move: MoveRecord = {
    id: "m",
    guest: guest.id,
    from: "h1",
    to: "h2",
    phase: "ready",
    layers: [],
    process,
  };
  await one.transact({
    put: [
      { key: guestKey(guest.id), value: guest },
      { key: moveKey("m"), value: move },
    ],
  });
  const commit = async () => {
    const [item, moving] = await Promise.all([one.get(guestKey(guest.id)), one.get(moveKey("m"))]);
    return one.transact(await handOver(one, item!, moving!, { target, own: [] }));
  };
  return { one, two, commit };
}

describe("a move", () => {
  it("makes the guest the other host's at one moment, with what waits for it there", async () => {
    const { one, two, commit } = await underWay();
    await commit();
    assert.equal(await one.get(guestKey(guest.id)), undefined);
    const record = (await two.get(guestKey(guest.id)))!.value as GuestRecord;
    assert.deepEqual(record.process, process);
    assert.deepEqual(record.arriving, { move: "m", runs: true, live: true });
    assert.equal(record.generation, 2);
    assert.equal(record.host, "two");
    assert.equal(record.suspendFile, "/two/guests/g0123456789/suspended.state");
    assert.equal(await endMove(one, "m", guest.id), false);
    assert.equal(await endMove(two, "m", guest.id), true);
  });

  it("cannot be committed once either host has ended it", async () => {
    for (const who of ["one", "two"] as const) {
      const world = await underWay();
      const [item, moving] = await Promise.all([
        world.one.get(guestKey(guest.id)),
        world.one.get(moveKey("m")),
      ]);
      const transaction = await handOver(world.one, item!, moving!, { target, own: [] });
      assert.equal(await endMove(world[who], "m", guest.id), who === "one");
      await assert.rejects(world.one.transact(transaction), (error) => hasCode(error, "store.conflict"));
      assert.ok(await world.one.get(guestKey(guest.id)));
    }
  });

  it("is committed or ended, never both, where that happens at once", async () => {
    for (let i = 0; i < 20; i++) {
      const { one, two, commit } = await underWay();
      const [committed, ended] = await Promise.all([
        commit().then(
          () => true,
          () => false,
        ),
        endMove(two, "m", guest.id),
      ]);
      assert.equal(committed, ended);
      assert.equal((await one.get(guestKey(guest.id))) === undefined, committed);
    }
  });
});
