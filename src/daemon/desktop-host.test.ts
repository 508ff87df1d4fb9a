import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { LodgeError } from "#contract/errors";
import type { Schemas } from "#contract/schemas";
import { MemoryStore } from "#durable/store/memory";
import { placeOf } from "#durable/store/partition";
import type { UserActor } from "#domain/access/actor";
import { homeKey } from "#domain/desktop/home";
import { desktopKey, desktopOfKey, desktopPoolKey, type PoolRecord } from "#domain/desktop/record";
import { guestPrefix } from "#domain/guest/record";
import { memberKey } from "#domain/member/record";
import { layerKey } from "#domain/volume/layer";
import { volumeKey } from "#domain/volume/record";
import { desktopHost } from "./desktop-host.ts";

type Guest = Schemas["Guest"];

interface Around {
  readonly pool?: Partial<PoolRecord>;
  /** Hosts with a standby. */
  readonly standbys?: readonly string[];
  /** The host that has his desktop. */
  readonly has?: string;
  /** The host that his home lies with. */
  readonly home?: string;
  readonly silent?: readonly string[];
  /** Hosts with room, the best first. */
  readonly room?: readonly string[];
  readonly refused?: readonly string[];
}

const user = "u1";

/** As h1 is asked for a desktop of the pool. */
async function chosen(around: Around): Promise<string> {
  const { standbys = [], has, home, silent = [], room = ["h1", "h2", "h3"], refused = [] } = around;
  const pool = {
    ...{ id: "dp1", name: "office", project: "default", image: "tiny", keeps: "home", sound: false },
    ...{ revision: 1, entitled: { everyone: true }, policy: {}, ...around.pool },
  } as PoolRecord;
  const where = new Map(standbys.map((host) => [`g-${host}`, host]));
  if (has !== undefined) where.set("g0", has);
  where.set("source", "h3");
  const guests = [...where.keys()].map((id) => {
    const desktop = id === "source" ? {} : { desktop: { pool: "dp1", revision: 1, state: "standby" } };
    return { id, name: id, project: "default", state: "paused", ...desktop } as Guest;
  });
  const store = new MemoryStore();
  const layer = { kind: "rest", layer: "l1" };
  await store.transact({
    put: [
      ...["h1", "h2", "h3"].map((id) => ({ key: memberKey(id), value: { id } })),
      { key: desktopPoolKey("dp1"), value: pool },
      ...(has === undefined
        ? []
        : [
            { key: desktopOfKey("dp1", user), value: "dt1" },
            { key: desktopKey("dt1"), value: { id: "dt1", guest: "g0" } },
          ]),
      ...(home === undefined
        ? []
        : [
            { key: homeKey("dp1", user), value: { pool: "dp1", user, volume: "v1" } },
            { key: placeOf(home, volumeKey("v1")), value: { id: "v1", place: layer } },
            { key: placeOf(home, layerKey("l1")), value: { id: "l1" } },
          ]),
    ],
  });
  const person = { kind: "user", role: "none", user: { id: user, name: "ann" } } as const;
  const actor: UserActor = { ...person, session: "s1", secondFactor: false, expiresAt: 0 };
  return desktopHost(
    {
      ...{ store, self: "h1" },
      whereabouts: { hostsOf: (key) => [where.get(key.slice(guestPrefix.length)) ?? []].flat() },
      guests: () => guests,
      memberships: async () => ({ name: "ann", groups: [], claims: [] }),
      answers: (host) => !silent.includes(host),
      async choose({ placement = {} }, _project, not) {
        const { hosts } = placement;
        const found = room.find((host) => !not.has(host) && (!hosts || hosts.includes(host)));
        if (found === undefined)
          throw new LodgeError("placement.no_host", { guest: "it", reasons: "full", fix: "Wait." });
        return found;
      },
    },
    "myDesktopConnect",
    { offer: "office", actor },
    new Map(refused.map((host) => [host, "it is full"])),
  );
}

describe("the host that answers who asks for a desktop", () => {
  it("is the one that has it, unless that is lost and something else can be had", async () => {
    assert.equal(await chosen({ has: "h2", standbys: ["h1"] }), "h2");
    assert.equal(await chosen({ has: "h2", standbys: ["h3"], silent: ["h2"] }), "h3");
    const kept = { keeps: "guest" } as const;
    assert.equal(await chosen({ has: "h2", standbys: ["h3"], silent: ["h2"], pool: kept }), "h1");
  });

  it("is the one that his home lies with, where that has a standby or room", async () => {
    assert.equal(await chosen({ home: "h2", standbys: ["h1", "h2"] }), "h2");
    assert.equal(await chosen({ home: "h2", standbys: ["h1"] }), "h2");
    assert.equal(await chosen({ home: "h2" }), "h2");
    assert.equal(await chosen({ home: "h2", standbys: ["h1"], room: ["h1", "h3"] }), "h1");
    assert.equal(await chosen({ home: "h2", standbys: ["h3"], refused: ["h2"] }), "h3");
    assert.equal(await chosen({ home: "h2", silent: ["h2"] }), "h1");
  });

  it("is one with a standby, itself first; else placement's choice", async () => {
    assert.equal(await chosen({ standbys: ["h3", "h1"] }), "h1");
    assert.equal(await chosen({ standbys: ["h3"] }), "h3");
    assert.equal(await chosen({ room: ["h2"] }), "h2");
    assert.equal(await chosen({ room: [] }), "h1");
    await assert.rejects(chosen({ room: [], refused: ["h1"] }), { code: "placement.no_host" });
  });

  it("is where the guest is that desktops are branches of", async () => {
    assert.equal(await chosen({ pool: { guest: "source", keeps: "nothing" } }), "h3");
  });
});
