import assert from "node:assert/strict";
import { it } from "node:test";
import { LodgeError } from "#contract/errors";
import type { Schemas } from "#contract/schemas";
import type { PoolRecord } from "#domain/desktop/record";
import { guestPrefix } from "#domain/guest/record";
import { desktopCluster, type DesktopClusterParts } from "./desktop-cluster.ts";

const pool = {
  id: "dp1",
  name: "office",
  project: "default",
  image: "tiny",
  sound: false,
  policy: {},
} as PoolRecord;

/** As h1 of four sees it: h2 answers and is drained, h3 has no beat, h4 does not answer though it has one. */
function cluster() {
  let now = 0;
  const asked: string[] = [];
  const members = ["h1", "h2", "h3", "h4"].map((id) => ({
    id,
    name: `name-${id}`,
    state: id === "h2" ? "draining" : "active",
  }));
  const guests = ["h1", "h2", "h3", "h4"].map((host) => {
    const desktop = { pool: "dp1", revision: 1, state: "standby" };
    return { id: `g-${host}`, name: host, project: "default", state: "paused", createdAt: "", desktop };
  });
  const parts = {
    clock: { monotonic: () => now },
    views: {
      guests: { values: () => guests as Iterable<Schemas["Guest"]> },
      whereabouts: { hostsOf: (key: string) => [key.slice(`${guestPrefix}g-`.length)] },
    },
    rank: async (_body: unknown, _project: string, refused: ReadonlyMap<string, string>) =>
      ["h4", "h1"].filter((host) => !refused.has(host)),
    reaching: {
      id: "h1",
      members: {
        all: () => members,
        get: (id: string) => members.find((one) => one.id === id),
        find: (ref: string) => members.find(({ id, name }) => id === ref || name === ref),
        beat: (id: string) => (id === "h3" ? undefined : { at: 0 }),
        awaySince: () => 0,
      },
      peers: {
        async call(host: string) {
          asked.push(host);
          if (host === "h4")
            throw new LodgeError("cluster.host_unreachable", { host, reason: "it is silent" });
          return [{ desktop: `dt-${host}`, viewers: [] }];
        },
      },
    },
  };
  const found = desktopCluster(parts as unknown as DesktopClusterParts);
  return { ...found, asked, later: (milliseconds: number) => void (now += milliseconds) };
}

it("hosts are asked who watches their desktops, and one that does not answer not again at once", async () => {
  const { reports, asked, later } = cluster();
  const all = new Set(["name-h2", "name-h3", "name-h4"]);
  assert.deepEqual([...(await reports.of(all)).keys()], ["dt-h2"]);
  assert.deepEqual(asked.splice(0), ["h2", "h4"]);
  await reports.of(all);
  assert.deepEqual(asked.splice(0), ["h2"]);
  later(10_000);
  await reports.of(all);
  assert.deepEqual(asked, ["h2", "h4"]);
  assert.deepEqual(
    ["name-h1", "name-h2", undefined].map((host) => reports.isElsewhere(host)),
    [false, true, false],
  );
});

it("standbys count where a host answers and takes guests, and are made by those that can", async () => {
  const { standbys, away } = cluster();
  assert.deepEqual(
    standbys.elsewhere().map(({ host }) => host),
    ["h4"],
  );
  assert.deepEqual(
    ["g-h1", "g-h2", "g-h3"].map((guest) => standbys.where(guest)),
    [undefined, "elsewhere", "lost"],
  );
  assert.equal(standbys.isClosed(), false);
  assert.deepEqual(await standbys.able(pool, new Map([["h4", "full"]])), ["h1"]);
  const { image: _, ...rest } = pool;
  assert.deepEqual(await standbys.able({ ...rest, guest: "h4" }, new Map()), ["h4"]);
  assert.deepEqual(await standbys.able({ ...rest, guest: "g-h2" }, new Map()), []);
  assert.deepEqual(away("h3"), { host: "name-h3", since: "1970-01-01T00:00:00.000Z" });
  assert.equal(away("name-h2"), undefined);
});
