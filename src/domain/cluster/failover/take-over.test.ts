import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import { LodgeError } from "#contract/errors";
import { silentLog } from "#base/log";
import { placeOf } from "#durable/store/partition";
import { MemoryStore } from "#durable/store/memory";
import { HostStore } from "#durable/store/host-store";
import type { Store } from "#durable/store/store";
import type { NewEvent } from "../../host/events.ts";
import { guestKey, type GuestRecord } from "../../guest/record.ts";
import { layerKey, type Layer } from "../../volume/layer.ts";
import { findVolume, volumeKey } from "../../volume/record.ts";
import { guestRecord } from "../../../../test/fakes/guest-records.ts";
import { incarnationKey } from "../incarnation.ts";
import { takeOverKey } from "../../member/record.ts";
import { promote, type PromoteParts } from "./promote.ts";
import { takeOver, type TakeOverParts } from "./take-over.ts";

const beatKey = (host: string) => `beats/${host}`;
const lost = { id: "h1", name: "one" };
const layer = (id: string, more: Partial<Layer> = {}): Layer => ({
  id,
  path: `/one/layers/${id}.qcow2`,
  format: "qcow2",
  pool: "nfs",
  createdAt: "2026-01-01T00:00:00Z",
  ...more,
});
const available = (i: number, priority: number, more: Partial<GuestRecord> = {}): GuestRecord => ({
  ...guestRecord(i),
  state: "running",
  ha: { priority },
  process: { pid: 4, startTime: "5", accelerator: "tcg", ram: { kind: "own" } },
  ...more,
});

let store: MemoryStore;
let events: NewEvent[];
let refused: string[];
let never: AbortSignal;

const parts = (more: Partial<TakeOverParts> = {}): TakeOverParts => ({
  store,
  host: "h2",
  now: () => 1_700_000_000_000,
  events: { append: (event) => events.push(event) },
  log: silentLog,
  beatKey,
  refuse: async (_, { guest }) => void refused.push(guest.name),
  place: async () => "h3",
  closeReplica: async () => ({ torn: false, tops: {}, layers: [] }),
  nameOf: (host) => host,
  ...more,
});
const at = async (host: string, key: string) => (await store.get(placeOf(host, key)))?.value;
const put = (host: string, ...guests: GuestRecord[]) =>
  store.transact({
    put: guests.flatMap((guest) => [
      { key: placeOf(host, guestKey(guest.id)), value: guest },
      ...guest.disks.map((disk) => ({ key: placeOf(host, layerKey(disk.layer)), value: layer(disk.layer) })),
    ]),
  });

beforeEach(async () => {
  store = new MemoryStore();
  events = [];
  refused = [];
  never = new AbortController().signal;
  await store.transact({
    put: [
      { key: incarnationKey("h1"), value: { since: 1, because: "joined" } },
      { key: beatKey("h2"), value: {} },
      { key: beatKey("h3"), value: {} },
    ],
  });
});

describe("the guests of a lost host", () => {
  it("become another's, highest first, with all that they stand on, once their storage refuses the old one", async () => {
    const [low, high] = [available(1, 10), available(2, 200)];
    await put("h1", low, high);
    assert.equal(await takeOver(parts(), lost, never), "done");
    assert.deepEqual(refused, [high.name, low.name]);
    const taken = (await at("h3", guestKey(high.id))) as GuestRecord;
    assert.equal(taken.generation, 2);
    assert.equal(taken.comesBack, "running");
    assert.equal(taken.process, undefined);
    assert.deepEqual(taken.arrived, { from: "one" });
    assert.ok(await at("h3", layerKey(high.disks[0]!.layer)));
    assert.deepEqual(
      [await at("h1", guestKey(high.id)), await at("h1", layerKey(high.disks[0]!.layer))],
      [undefined, undefined],
    );
    assert.equal(await store.get(takeOverKey("h1")), undefined);
    assert.deepEqual(
      events.map(({ kind }) => kind),
      ["host.lost", "guest.taken_over", "guest.taken_over"],
    );
  });

  it("stay where they are that rest, or are not highly available", async () => {
    const { ha: _, ...plain } = available(1, 10);
    await put("h1", plain, available(2, 10, { state: "stopped" }), available(3, 10, { state: "stopping" }));
    assert.equal(await takeOver(parts(), lost, never), "done");
    for (const i of [1, 2, 3]) assert.ok(await at("h1", guestKey(guestRecord(i).id)));
    // Nothing was claimed, so whatever else it does it may go on with.
    assert.deepEqual((await store.get(incarnationKey("h1")))?.value, { since: 1, because: "joined" });
  });

  it("are handed over by nobody while their storage refuses nobody", async () => {
    await put("h1", available(1, 10), available(2, 20));
    const refuse: TakeOverParts["refuse"] = async (_, { guest }) => {
      if (guest.name === guestRecord(2).name)
        throw new LodgeError("failover.not_refused", { host: "one", guest: guest.name, reason: "no answer" });
    };
    assert.equal(await takeOver(parts({ refuse }), lost, never), "some-left");
    assert.ok(await at("h1", guestKey(guestRecord(2).id)));
    assert.ok(await at("h3", guestKey(guestRecord(1).id)));
    assert.match(events.find(({ kind }) => kind === "guest.not_taken_over")!.message, /no answer/);
    assert.equal(await takeOver(parts(), lost, never), "done");
    assert.ok(await at("h3", guestKey(guestRecord(2).id)));
  });

  it("are left to their host that has a beat again, from that moment on", async () => {
    await put("h1", available(1, 10), available(2, 20));
    const place = async () => {
      await store.transact({ put: [{ key: beatKey("h1"), value: {} }] });
      return "h3";
    };
    assert.equal(await takeOver(parts({ place }), lost, never), "back");
    for (const i of [1, 2]) assert.ok(await at("h1", guestKey(guestRecord(i).id)));
    assert.equal(await takeOver(parts(), lost, never), "back");
  });

  it("are left to their host that came back and was lost again while it was asked to be off", async () => {
    const [first, second] = [available(1, 10), available(2, 20)];
    await put("h1", first, second);
    // Its storage refuses it, and then it is switched on again, keeps its beat, and starts what it has.
    const refuse = async () => {
      await store.transact({ put: [{ key: beatKey("h1"), value: {} }], delete: [takeOverKey("h1")] });
      await store.transact({ delete: [beatKey("h1")] });
    };
    assert.equal(await takeOver(parts({ refuse }), lost, never), "back");
    for (const { id } of [first, second]) assert.ok(await at("h1", guestKey(id)));
  });

  it("are refused anew by each that takes over", async () => {
    await put("h1", available(1, 10), available(2, 20));
    const claims: number[] = [];
    const refuse = async (_: unknown, __: unknown, claim: number) => {
      claims.push(claim);
      throw new LodgeError("failover.no_host", { guest: "guest", reason: "full" });
    };
    for (const _ of [1, 2]) assert.equal(await takeOver(parts({ refuse }), lost, never), "some-left");
    const [a, b, c, d] = claims;
    assert.ok(a === b && c === d && a !== c, claims.join());
  });

  it("are taken over by one host alone, and by another where that one is lost too", async () => {
    await put("h1", available(1, 10));
    let first = true;
    const place = async () => {
      if (first) {
        first = false;
        assert.equal(await takeOver(parts({ host: "h3" }), lost, never), "back");
      }
      throw new LodgeError("failover.no_host", { guest: "guest", reason: "full" });
    };
    assert.equal(await takeOver(parts({ place }), lost, never), "some-left");
    await store.transact({ delete: [beatKey("h2")] });
    assert.equal(await takeOver(parts({ host: "h3" }), lost, never), "done");
  });

  it("are changed by their old host no more, also where that one never noticed that it was lost", async () => {
    const guest = available(1, 10);
    await put("h1", guest);
    const { revision } = (await store.get(incarnationKey("h1")))!;
    const theirs: Store = new HostStore({
      store,
      host: "h1",
      incarnation: { key: incarnationKey("h1"), revision },
    });
    const place = async () => {
      const change = theirs.transact({
        put: [{ key: guestKey(guest.id), value: { ...guest, name: "changed" } }],
      });
      await assert.rejects(change, { code: "store.fenced" });
      return "h3";
    };
    assert.equal(await takeOver(parts({ place }), lost, never), "done");
    assert.equal(((await at("h3", guestKey(guest.id))) as GuestRecord).name, guest.name);
  });

  it("leave what others of the old host stand on there, as a file that neither removes", async () => {
    const base = layer("lbase");
    const [taken, stays] = [available(1, 10), { ...guestRecord(2), state: "running" as const }];
    await put("h1", taken, stays);
    const over = (id: string) => ({ key: placeOf("h1", layerKey(id)), value: layer(id, { below: base.id }) });
    await store.transact({
      put: [
        { key: placeOf("h1", layerKey(base.id)), value: base },
        over(taken.disks[0]!.layer),
        over(stays.disks[0]!.layer),
      ],
    });
    assert.equal(await takeOver(parts(), lost, never), "done");
    for (const host of ["h1", "h3"])
      assert.equal(((await at(host, layerKey(base.id))) as Layer).elsewhere, true);
    assert.equal(await at("h1", layerKey(taken.disks[0]!.layer)), undefined);
    assert.ok(await at("h1", layerKey(stays.disks[0]!.layer)));
  });
});

describe("a guest of a lost host that has a replica", () => {
  const replica = {
    host: "three",
    to: "h3",
    state: "in-sync" as const,
    since: "2026-01-02T03:04:05.000Z",
    epoch: 9,
    source: { disk0: "l1" },
    tops: { disk0: "l9" },
    whole: { disk0: "l9" },
  };
  const lostGuest = (more: Partial<GuestRecord> = {}): GuestRecord => {
    const one = available(1, 10, { disks: [{ ...guestRecord(1).disks[0]!, layer: "l1" }], ...more });
    return { ...one, replica: { ...replica, ...more.replica } };
  };
  const kept = { torn: false, tops: { disk0: "l9" }, layers: ["l9"] };
  beforeEach(() =>
    store.transact({ put: [{ key: placeOf("h3", layerKey("l9")), value: layer("l9", { format: "raw" }) }] }),
  );

  it("is started by it once its host has closed it, on layers that are there, and has its old host for the next replica", async () => {
    await put("h1", lostGuest());
    const closed: unknown[] = [];
    const closeReplica = async (...asked: unknown[]) => {
      closed.push(asked);
      return kept;
    };
    assert.equal(await takeOver(parts({ closeReplica }), lost, never), "done");
    assert.deepEqual(closed, [["h3", guestRecord(1).id, 9]]);
    assert.deepEqual(refused, [], "its storage is its own host's");
    const there = (await at("h3", guestKey(guestRecord(1).id))) as GuestRecord;
    assert.deepEqual([there.disks[0]!.layer, there.state, there.comesBack], ["l9", "crashed", "running"]);
    assert.equal(there.disks[0]!.format, "raw", "as the file is there");
    assert.deepEqual((await store.list("volumes/")).items, [], "all that its old host has is there too");
    assert.deepEqual([there.replica?.to, there.replica?.state, there.replica?.epoch], ["h1", "behind", 10]);
    assert.equal(await at("h1", guestKey(guestRecord(1).id)), undefined);
  });

  it("stays where it is while the replica is behind, or was not closed in order", async () => {
    await put("h1", lostGuest({ replica: { ...replica, state: "behind", reason: "it was cut" } }));
    assert.equal(await takeOver(parts(), lost, never), "some-left");
    assert.match(String(events.at(-1)?.message), /is not in sync: it was cut/);
    await put("h1", lostGuest());
    const closeReplica = async () => ({ ...kept, torn: true });
    assert.equal(await takeOver(parts({ closeReplica }), lost, never), "some-left");
    assert.equal(await at("h3", guestKey(guestRecord(1).id)), undefined);
  });

  it("stays its host's where that has written anything since its replica was looked at", async () => {
    await put("h1", lostGuest());
    const closeReplica = async () => {
      await put("h1", lostGuest({ description: "it lives" }));
      return kept;
    };
    assert.equal(await takeOver(parts({ closeReplica }), lost, never), "some-left");
    assert.equal(await at("h3", guestKey(guestRecord(1).id)), undefined);
  });

  const promoteParts = (off: string | undefined): PromoteParts => ({
    ...parts(),
    fences: { switchOff: async () => off },
    closeReplica: async () => kept,
  });
  const behind = { ...replica, state: "behind" as const, reason: "it was cut", syncedAt: replica.since };

  it("is promoted where it is behind once the loss is accepted, and its old host keeps what the replica has not", async () => {
    await put("h1", lostGuest({ replica: behind }));
    const ref = guestRecord(1).name;
    await assert.rejects(promote(promoteParts(undefined), ref, { acceptLoss: false }), {
      code: "replica.behind",
    });
    const said = await promote(promoteParts(undefined), ref, { acceptLoss: true });
    assert.deepEqual([said.lost, said.syncedAt], [true, replica.since]);
    assert.equal(((await at("h3", guestKey(guestRecord(1).id))) as GuestRecord).disks[0]!.layer, "l9");
    const h1 = new HostStore({ store, host: "h1" });
    const name = `${ref}-${guestRecord(1).disks[0]!.id}-20231114221320`;
    const volume = await findVolume(h1, name, guestRecord(1).project);
    assert.deepEqual(volume.place, { kind: "rest", layer: "l1" });
    assert.ok(await at("h1", volumeKey(volume.id)));
    assert.ok(await at("h1", layerKey("l1")));
  });

  it("is promoted only where its host is off, and the loss accepted, if nothing ended it there", async () => {
    const { ha: _, ...plain } = lostGuest();
    await put("h1", plain);
    const ref = guestRecord(1).name;
    await assert.rejects(promote(promoteParts(undefined), ref, { acceptLoss: false }), {
      code: "replica.behind",
    });
    await assert.rejects(promote(promoteParts("it has no device"), ref, { acceptLoss: true }), {
      code: "failover.not_refused",
    });
    assert.ok(await at("h1", guestKey(guestRecord(1).id)));
    assert.equal((await promote(promoteParts(undefined), ref, { acceptLoss: true })).lost, true);
  });

  it("is not promoted while its host has a beat", async () => {
    await put("h1", lostGuest());
    await store.transact({ put: [{ key: beatKey("h1"), value: {} }] });
    await assert.rejects(promote(promoteParts(undefined), guestRecord(1).name, { acceptLoss: true }), {
      code: "replica.host_lives",
    });
  });
});
