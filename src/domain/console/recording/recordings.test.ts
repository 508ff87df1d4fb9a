import assert from "node:assert/strict";
import { appendFile, mkdtemp, readdir, readlink, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { hasCode, LodgeError, type ErrorCode } from "#contract/errors";
import type { Recording } from "#contract/schema/recording";
import { systemClock } from "#base/clock";
import { silentLog } from "#base/log";
import { MemoryStore } from "#durable/store/memory";
import { put, remove } from "#durable/store/update";
import { until } from "../../../../test/fakes/fake-daemon.ts";
import { FakeVnc } from "../../../../test/fakes/fake-vnc.ts";
import { guestKey, type GuestRecord } from "../../guest/record.ts";
import type { NewEvent } from "../../host/events.ts";
import { QemuDisplay } from "../qemu-display.ts";
import { outlived } from "./keep.ts";
import { listRecordings } from "./record.ts";
import { recover } from "./recording-file.ts";
import { Recordings } from "./recordings.ts";

const guest = { id: "g1", name: "web", project: "shop" } as GuestRecord;
const all = { x: 0, y: 0, width: 64, height: 48 };
const day = 24 * 3_600_000;
const is = (code: ErrorCode) => (error: unknown) => hasCode(error, code);

describe("recordings", () => {
  let qemu: FakeVnc;
  let store: MemoryStore;
  let folder: string;
  let recordings: Recordings;
  let told: NewEvent[];
  let free = Infinity;
  let past = 0;
  const clock = { ...systemClock, now: () => Date.now() + past };

  const openAgain = async () => {
    recordings = new Recordings({
      store,
      displays: {
        requireWatchable: async (ref) => (ref === guest.name ? guest : { ...guest, id: ref, name: ref }),
        nextQemu: (id, signal) => (id === guest.id ? QemuDisplay.connect(qemu.path, signal) : never(signal)),
      },
      events: { append: (event) => void told.push(event) },
      folder,
      clock,
      log: silentLog,
      free: async () => free,
    });
    await recordings.open();
  };
  const never = (signal: AbortSignal) =>
    new Promise<never>((_, reject) =>
      signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true }),
    );
  const shown = async () => {
    await until(() => qemu.asked(true) > 0);
    qemu.fill(all, -260);
    await until(() => qemu.asked(false) > 0);
  };
  const kinds = () => told.map(({ kind }) => kind);
  const pathOf = ({ id }: Recording) => join(folder, `${id}.lodgerec`);

  beforeEach(async () => {
    qemu = new FakeVnc();
    await qemu.start();
    store = new MemoryStore();
    await put(store, guestKey(guest.id), guest);
    folder = await mkdtemp(join(tmpdir(), "lodge-recordings-"));
    told = [];
    free = Infinity;
    past = 0;
    await openAgain();
  });
  afterEach(async () => {
    await recordings.close();
    await qemu.close();
    await rm(folder, { recursive: true });
  });

  it("begin and end by asking, one of a guest at a time, and everybody is told", async () => {
    const begun = await recordings.start("web", "anna", { maxSeconds: 60 });
    assert.equal(begun.state, "recording");
    assert.equal(begun.startedBy, "anna");
    await assert.rejects(recordings.start("web", "otto", {}), is("recording.running"));
    await assert.rejects(recordings.remove(begun.id), is("recording.not_ended"));
    await shown();
    const ended = await recordings.stop(begun.id);
    assert.deepEqual([ended.state, ended.reason], ["ended", "stopped"]);
    assert.equal(ended.size, (await stat(pathOf(begun))).size);
    await assert.rejects(recordings.stop(begun.id), is("recording.not_running"));
    await assert.rejects(recordings.stop("r0"), is("recording.not_found"));
    assert.deepEqual(kinds(), ["recording.started", "recording.ended"]);
    // Those of its project are told, and nobody else.
    assert.deepEqual(
      told.map(({ guest: of }) => of?.project),
      ["shop", "shop"],
    );
    const { path, size, name } = await recordings.content(begun.id);
    assert.deepEqual([path, size], [pathOf(begun), ended.size]);
    assert.match(name, /^web-\d{4}-\d\d-\d\d-\d\d-\d\d-\d\d\.lodgerec$/);
    await recordings.remove(begun.id);
    assert.deepEqual(await readdir(folder), []);
    await assert.rejects(recordings.get(begun.id), is("recording.not_found"));
  });

  it("are not begun where little is free", async () => {
    free = 1024 ** 3;
    await assert.rejects(recordings.start("web", "anna", {}), is("recording.no_space"));
    assert.deepEqual(await readdir(folder), []);
    free = Infinity;
    await recordings.start("web", "anna", {});
  });

  it("are so many at a time that somebody begins, and those besides without which nobody sees a guest", async () => {
    for (let other = 0; other < 32; other++) await recordings.start(`other${other}`, "anna", {});
    await assert.rejects(recordings.start("web", "anna", {}), is("recording.too_many"));
    const { state } = await recordings.start("web", "the desktop pool office", {}, { must: true });
    assert.equal(state, "recording");
  });

  it("leave no file open, and none behind, where the store takes no record of them", async () => {
    const transact = store.transact.bind(store);
    store.transact = async () => {
      throw new LodgeError("store.unavailable", { path: "store", reason: "the disk is full" });
    };
    await assert.rejects(recordings.start("web", "anna", {}), is("store.unavailable"));
    store.transact = transact;
    const open = await Promise.all(
      (await readdir("/proc/self/fd")).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => "")),
    );
    assert.deepEqual(
      open.filter((path) => path.startsWith(folder)),
      [],
    );
    assert.deepEqual(await readdir(folder), []);
  });

  it("go on in a further one when the daemon starts again", async () => {
    const first = await recordings.start("web", "anna", { maxSeconds: 600 });
    await shown();
    await recordings.close();
    assert.equal((await recordings.get(first.id)).state, "recording");
    qemu.heard = [];
    await openAgain();
    const before = await recordings.get(first.id);
    assert.deepEqual([before.state, before.reason], ["ended", "daemon"]);
    const [next] = (await listRecordings(store)).filter(({ id }) => id !== first.id);
    assert.equal(next?.state, "recording");
    assert.equal(next.continues, first.id);
    assert.equal(next.startedBy, "anna");
    assert.ok(next.maxSeconds <= 600);
    await shown();
  });

  it("keep what was whole when the daemon was killed, and nothing that nobody knows", async () => {
    const first = await recordings.start("web", "anna", {});
    await shown();
    await recordings.close();
    const whole = (await stat(pathOf(first))).size;
    await appendFile(pathOf(first), Buffer.of(1, 0, 0, 0, 0, 0, 9));
    await writeFile(join(folder, "r9.lodgerec"), "nobody's");
    await remove(store, guestKey(guest.id));
    await openAgain();
    const { state, size } = await recordings.get(first.id);
    assert.equal(state, "ended");
    assert.deepEqual(await readdir(folder), [`${first.id}.lodgerec`]);
    assert.equal((await stat(pathOf(first))).size, size);
    assert.equal((await recover(pathOf(first), "daemon")).size, size);
    await truncate(pathOf(first), whole);
    assert.equal((await recover(pathOf(first), "daemon")).size, size);
  });

  it("are removed once they are too old", async () => {
    const old = await recordings.start("web", "anna", {});
    await shown();
    await recordings.stop(old.id);
    past = 29 * day;
    await recordings.sweep();
    assert.equal((await recordings.get(old.id)).state, "ended");
    past = 31 * day;
    await recordings.sweep();
    await assert.rejects(recordings.get(old.id), is("recording.not_found"));
    assert.equal(kinds().at(-1), "recording.outlived");
    assert.deepEqual(await readdir(folder), []);
  });
});

it("of too many recordings the oldest go, and none that is being made", () => {
  const at = (id: string, days: number, size: number, state: Recording["state"] = "ended") =>
    ({ id, state, size, endedAt: new Date(days * day).toISOString(), startedAt: "" }) as Recording;
  const some = [at("a", 1, 40), at("b", 3, 40), at("c", 2, 40), at("d", 0, 900, "recording")];
  const gone = (most: number, now = 3) => outlived(some, now * day, { longest: 10 * day, most }).toSorted();
  assert.deepEqual(gone(120), []);
  assert.deepEqual(gone(119), ["a"]);
  assert.deepEqual(gone(79), ["a", "c"]);
  assert.deepEqual(gone(0), ["a", "b", "c"]);
  assert.deepEqual(gone(1000, 12.5), ["a", "c"]);
});
