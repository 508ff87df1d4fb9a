import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { plan, shareOf, type Marked } from "./plan.ts";
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

function planned(guests: readonly Marked[], one: PoolRecord | null = pool(), desktops: DesktopRecord[] = []) {
  const actions = plan({
    pools: new Map(one ? [[one.id, one]] : []),
    desktops: new Map(desktops.map((each) => [each.id, each])),
    guests,
    share: ({ standby }) => standby.count,
    now,
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

  it("is shared out among hosts, so that all parts are the whole", () => {
    const hosts = ["h3", "h1", "h2"];
    for (const count of [0, 1, 2, 3, 7, 50]) {
      const parts = hosts.map((host) => shareOf(count, host, hosts));
      assert.equal(
        parts.reduce((sum, part) => sum + part, 0),
        count,
      );
      assert.ok(Math.max(...parts) - Math.min(...parts) <= 1);
    }
    assert.equal(shareOf(4, "h9", hosts), 0);
  });
});
