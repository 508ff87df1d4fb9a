import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { makersOf, plan, type Marked, type Placed, type Situation } from "./plan.ts";
import type { DesktopRecord, PoolRecord } from "./record.ts";

const now = Date.parse("2026-11-27T12:00:00Z");
const pool = (more: Partial<PoolRecord> = {}): PoolRecord => ({
  id: "dp1",
  name: "office",
  project: "default",
  title: "Office",
  description: "",
  createdAt: "2026-11-01T00:00:00Z",
  revision: 3,
  image: "xfce",
  keeps: "nothing",
  sound: true,
  standby: { count: 2, maxAge: 3600 },
  rollOut: { by: "sign-off" },
  entitled: {},
  rules: {},
  policy: {},
  ...more,
});
const guest = (id: string, more: Partial<Marked> & { mark?: Partial<Marked["desktop"]> } = {}): Marked => {
  const { mark, ...rest } = more;
  return {
    id,
    state: "paused",
    createdAt: "2026-11-27T11:30:00Z",
    stateSince: "2026-11-27T11:31:00Z",
    desktop: { pool: "dp1", revision: 3, state: "standby", ...mark },
    ...rest,
  };
};
const desktop = (id: string, more: Partial<DesktopRecord> = {}): DesktopRecord => ({
  id,
  pool: "dp1",
  project: "default",
  user: "u1",
  userName: "ann",
  guest: "g9",
  revision: 3,
  createdAt: "2026-11-27T11:00:00Z",
  ...more,
});

function planned(
  guests: readonly Marked[],
  one: PoolRecord | null = pool(),
  desktops: DesktopRecord[] = [],
  around: Partial<Situation> = {},
) {
  const actions = plan({
    pools: new Map(one ? [[one.id, one]] : []),
    desktops: new Map(desktops.map((each) => [each.id, each])),
    guests,
    elsewhere: [],
    isClosed: false,
    now,
    ...around,
  });
  return actions.map((action) =>
    "guest" in action
      ? `${action.kind} ${action.guest}`
      : "desktop" in action
        ? `${action.kind} ${action.desktop}`
        : action.kind,
  );
}

describe("what is done about a pool's guests", () => {
  it("makes as many as are wanted, with those that are being made", () => {
    assert.deepEqual(planned([]), ["make", "make"]);
    assert.deepEqual(planned([guest("g1")]), ["make"]);
    const making = guest("g2", { state: "creating", mark: { state: "making" } });
    assert.deepEqual(planned([guest("g1"), making]), []);
    const made = guest("g2", { state: "running", mark: { state: "making" } });
    assert.deepEqual(planned([guest("g1"), made]), ["finish g2"]);
  });

  it("removes what is too many, the oldest first", () => {
    const old = guest("g1", { createdAt: "2026-11-27T11:10:00Z" });
    assert.deepEqual(planned([guest("g2"), guest("g3"), old]), ["remove g1"]);
  });

  it("keeps one that is too old until another is ready in its place", () => {
    const old = guest("g1", { createdAt: "2026-11-27T10:00:00Z" });
    assert.deepEqual(planned([old, guest("g2")]), ["make"]);
    const making = guest("g3", { state: "running", mark: { state: "making" } });
    assert.deepEqual(planned([old, guest("g2"), making]), ["finish g3"]);
    assert.deepEqual(planned([old, guest("g2"), guest("g3")]), ["remove g1"]);
  });

  it("removes what is of an earlier revision, ended, or of a pool that is gone", () => {
    assert.deepEqual(planned([guest("g1", { mark: { revision: 2 } })]), ["remove g1", "make", "make"]);
    assert.deepEqual(planned([guest("g1", { state: "crashed" }), guest("g2")]), ["remove g1", "make"]);
    assert.deepEqual(planned([guest("g1")], null), ["remove g1"]);
    const back = guest("g1", { state: "suspended", comesBack: "paused" });
    assert.deepEqual(planned([back, guest("g2")]), [], "it comes back with the host");
  });

  it("ends a desktop whose user shut it down, but for one that is his to keep", () => {
    const off = guest("g9", { state: "stopped", mark: { state: "taken", desktop: "dt1" } });
    const none = { standby: { count: 0 } };
    assert.deepEqual(planned([off], pool(none), [desktop("dt1")]), ["end dt1"]);
    assert.deepEqual(planned([off], pool({ ...none, keeps: "guest" }), [desktop("dt1")]), []);
    const back = { ...off, comesBack: "running" as const };
    assert.deepEqual(planned([back], pool(none), [desktop("dt1")]), []);
    const crashed = { ...off, state: "crashed" as const };
    assert.deepEqual(planned([crashed], pool(none), [desktop("dt1")]), [], "what is on its disk is not lost");
    assert.deepEqual(planned([off], pool(none), [desktop("dt1", { ending: true })]), ["end dt1"]);
    assert.deepEqual(planned([off], pool(none)), ["remove g9"]);
  });

  it("counts what other hosts have, and removes of all too many only its own", () => {
    const [old, young] = [guest("g1", { createdAt: "2026-11-27T11:10:00Z" }), guest("g2")];
    assert.deepEqual(planned([], pool(), [], { elsewhere: [guest("g8")] }), ["make"]);
    assert.deepEqual(planned([young], pool(), [], { elsewhere: [guest("g8")] }), []);
    assert.deepEqual(planned([old], pool(), [], { elsewhere: [young, guest("g8")] }), ["remove g1"]);
    assert.deepEqual(planned([guest("g8"), young], pool(), [], { elsewhere: [old] }), []);
    const outdated = guest("g8", { mark: { revision: 2 } });
    assert.deepEqual(planned([young], pool(), [], { elsewhere: [outdated] }), ["make"]);
  });

  it("keeps what a host that takes no guests has until others have as many", () => {
    const own = [guest("g1"), guest("g2", { createdAt: "2026-11-27T11:31:00Z" })];
    const isClosed = true;
    assert.deepEqual(planned(own, pool(), [], { isClosed }), ["make", "make"]);
    const elsewhere = [guest("g8")];
    assert.deepEqual(planned(own, pool(), [], { isClosed, elsewhere }), ["make", "remove g1"]);
    const both = [...elsewhere, guest("g9")];
    assert.deepEqual(planned(own, pool(), [], { isClosed, elsewhere: both }), ["remove g1", "remove g2"]);
  });
});

describe("the hosts that make what of a pool's standbys is missing", () => {
  it("have the fewest of those that can, the best of several first", () => {
    const at = (host: string, id: string) => ({ ...guest(id), host });
    const makers = (missing: number, guests: Placed[], can: string[]) =>
      [...makersOf(pool(), missing, guests, can)].join(" ");
    assert.equal(makers(1, [], ["h2", "h1"]), "h2");
    assert.equal(makers(2, [], ["h2", "h1"]), "h2 h1");
    assert.equal(makers(1, [at("h2", "g1")], ["h2", "h1"]), "h1");
    assert.equal(makers(2, [at("h2", "g1"), at("h2", "g2")], ["h2", "h1"]), "h1");
    assert.equal(makers(1, [at("h2", "g1"), at("h1", "g2")], ["h2", "h1"]), "h2");
    assert.equal(makers(3, [at("h2", "g1")], ["h2"]), "h2");
    assert.equal(makers(3, [], []), "");
  });

  it("end with as many as are wanted, where they can be, however late they see each other", () => {
    const hosts = ["h1", "h2", "h3"];
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 6 }),
        fc.subarray(hosts, { minLength: 1 }),
        fc.array(fc.record({ host: fc.constantFrom(...hosts), behind: fc.integer({ min: 0, max: 3 }) }), {
          maxLength: 60,
        }),
        (count, can, looks) => {
          const one = pool({ standby: { count } });
          // What each moment's guests are: a host sees its own as they are, and others' as they were.
          const past: Placed[][] = [[]];
          let made = 0;
          const look = (host: string, behind: number): boolean => {
            const current = past.at(-1)!;
            const seen = past.at(-1 - Math.min(behind, past.length - 1))!;
            const own = current.filter((each) => each.host === host);
            const elsewhere = seen.filter((each) => each.host !== host);
            const around = { elsewhere, isClosed: !can.includes(host), now };
            const actions = plan({
              pools: new Map([["dp1", one]]),
              desktops: new Map(),
              guests: own,
              ...around,
            });
            const gone = new Set(actions.flatMap((each) => (each.kind === "remove" ? each.guest : [])));
            const left = current.filter(({ id }) => !gone.has(id));
            const missing = actions.filter(({ kind }) => kind === "make").length;
            const isOurs = makersOf(one, missing, [...own, ...elsewhere], can).has(host);
            past.push(isOurs ? [...left, { ...guest(`g${made++}`), host }] : left);
            return isOurs || gone.size > 0;
          };
          for (const { host, behind } of looks) look(host, behind);
          // From now on all see all.
          for (let i = 0; i < 20 && hosts.map((host) => look(host, 0)).includes(true); i++);
          const there = past.at(-1)!;
          assert.equal(there.length, count);
          assert.ok(there.every(({ host }) => can.includes(host)));
        },
      ),
    );
  });
});
