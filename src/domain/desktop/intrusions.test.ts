import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { hasCode, LodgeError, type ErrorCode } from "#contract/errors";
import type { DesktopLineFromServer } from "#contract/schema/desktop-line";
import { MemoryStore } from "#durable/store/memory";
import { put } from "#durable/store/update";
import { guestKey } from "../guest/record.ts";
import { volumeKey } from "../volume/record.ts";
import type { HomeState } from "./homes.ts";
import { Intrusions, type Intrusion } from "./intrusions.ts";
import { DesktopLines } from "./lines.ts";
import { desktopKey, desktopOfKey } from "./record.ts";
import { takeWords } from "./words.ts";

const is = (code: ErrorCode) => (error: unknown) => hasCode(error, code);
const owner = { pool: "dp1", user: "u1" };
const given: Intrusion = {
  ...{ kind: "inside", noun: "guest", id: "g1", by: "root", isAdmin: true, reason: "it hangs" },
};

async function world(mark: "making" | "standby" | "taken" | "leaving" | "none" = "taken") {
  const store = new MemoryStore();
  const lines = new DesktopLines();
  const told: DesktopLineFromServer[] = [];
  let now = 0;
  let home: HomeState | undefined;
  const state = mark === "none" ? undefined : mark;
  const desktop = state && {
    pool: "dp1",
    revision: 1,
    state,
    ...(state === "taken" ? { desktop: "dt1" } : {}),
  };
  await put(store, desktopKey("dt1"), { id: "dt1", ...owner, guest: "g1" });
  await put(store, guestKey("g1"), { id: "g1", name: "office-1", ...(desktop ? { desktop } : {}) });
  const clock = { now: () => now, monotonic: () => now, sleep: async () => undefined };
  const intrusions = new Intrusions({ store, clock, lines, homeOf: () => home });
  return {
    store,
    lines,
    told,
    admit: (more: Partial<Intrusion> = {}) => intrusions.admit({ ...given, ...more }),
    open: () => lines.open("dt1", (frame) => told.push(frame)),
    texts: () => told.map((frame) => (frame.type === "message" ? frame.text : frame.type)),
    left: async () => (await takeWords(store, owner)).map(({ text }) => text),
    home: (is: HomeState | undefined) => void (home = is),
    pass: (milliseconds: number) => void (now += milliseconds),
  };
}

describe("what reaches into a guest", () => {
  it("is nobody's business where that is no desktop", async () => {
    const { admit } = await world("none");
    for (const kind of ["inside", "copy", "never"] as const)
      assert.equal(await admit({ kind, isAdmin: false, reason: undefined }), false);
    assert.equal(await admit({ id: "g9" }), false);
  });

  it("gets into no desktop that waits for somebody, whoever says whatever", async () => {
    for (const state of ["making", "standby", "leaving"] as const) {
      const { admit } = await world(state);
      for (const kind of ["inside", "copy", "never"] as const)
        await assert.rejects(admit({ kind }), is("desktop.waiting"));
    }
  });

  it("gets into somebody's as an admin who says why, and not by looking on", async () => {
    const { admit, open, texts } = await world();
    open();
    for (const kind of ["inside", "copy"] as const) {
      await assert.rejects(admit({ kind, isAdmin: false }), is("desktop.private"));
      await assert.rejects(admit({ kind, reason: undefined }), is("desktop.private"));
    }
    await assert.rejects(admit({ kind: "never" }), is("desktop.somebodys"));
    assert.deepEqual(texts(), []);
    assert.equal(await admit(), true);
    assert.equal(await admit({ kind: "copy" }), true);
    assert.deepEqual(texts(), [
      "An administrator reached into this desktop: it hangs",
      "An administrator made a copy of this desktop: it hangs",
    ]);
  });

  it("is told once, until that is long ago", async () => {
    const { admit, open, texts, pass } = await world();
    open();
    await admit();
    await admit();
    assert.equal(texts().length, 1);
    await admit({ by: "ops" });
    assert.equal(texts().length, 2);
    pass(1_000_000);
    await admit();
    assert.equal(texts().length, 3);
  });

  it("is told to whoever was not there when he comes, once", async () => {
    const { admit, left, open, texts } = await world();
    await admit();
    await admit({ by: "ops", reason: "another" });
    const said = ["it hangs", "another"].map((why) => `An administrator reached into this desktop: ${why}`);
    assert.deepEqual(await left(), said);
    assert.deepEqual(await left(), []);
    await admit({ kind: "copy" });
    open();
    // A page that opened just now has not asked for what was left yet.
    await admit({ reason: "a third" });
    assert.deepEqual(texts(), [
      "An administrator made a copy of this desktop: it hangs",
      "An administrator reached into this desktop: a third",
    ]);
    assert.deepEqual(await left(), []);
  });

  it("is not let in where that cannot be told", async () => {
    const { store, admit, left } = await world();
    const transact = store.transact.bind(store);
    const refused = new LodgeError("store.unavailable", { path: "etcd", reason: "no quorum" });
    store.transact = () => Promise.reject(refused);
    await assert.rejects(admit(), is("store.unavailable"));
    store.transact = transact;
    await admit();
    assert.equal((await left()).length, 1);
  });

  it("waits for a home that is coming, and looks at one that did not come", async () => {
    const { admit, home } = await world();
    home("coming");
    await assert.rejects(admit(), is("desktop.not_ready"));
    home("there");
    assert.equal(await admit(), true);
  });

  it("is a desktop's also by its disks, and by its user's home", async () => {
    const { store, admit, left, open, texts } = await world();
    const volume = { id: "v1", name: "home-1", place: { kind: "rest", layer: "l1" } };
    await put(store, volumeKey("v1"), { ...volume, home: { pool: "dp1", user: "u1" } });
    await put(store, volumeKey("v2"), {
      ...volume,
      id: "v2",
      place: { kind: "guest", guest: "g1", disk: "disk2" },
    });
    await put(store, volumeKey("v3"), { ...volume, id: "v3" });
    const copy = (id: string, reason: string | undefined) =>
      admit({ kind: "copy", noun: "volume", id, reason });
    for (const id of ["v1", "v2", "g1:disk1"])
      await assert.rejects(copy(id, undefined), is("desktop.private"), id);
    assert.equal(await copy("v3", undefined), false);
    // Nobody has a desktop with it at the moment.
    assert.equal(await copy("v1", "a backup"), true);
    assert.equal((await left()).length, 1);
    await put(store, desktopOfKey("dp1", "u1"), "dt1");
    open();
    await copy("v1", "another");
    await copy("g1:disk1", "a third");
    assert.equal(texts().length, 2);
  });
});
