/** What is in a guest's drives, as its QEMU tells: over a monitor on a real socket. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { LodgeError, hasCode } from "#contract/errors";
import { SerialQueue } from "#base/queue";
import { MemoryStore } from "#durable/store/memory";
import { Monitor } from "#hypervisor/qemu/monitor";
import { changeDrive, noteEjected } from "./drive.ts";
import type { FleetView } from "./fleet-view.ts";
import type { LiveGuest } from "./live.ts";
import { guestKey } from "./record.ts";

interface Drive {
  readonly qdev: string;
  readonly tray_open: boolean;
  inserted?: object;
}

describe("a medium in a guest's drive", () => {
  let folder = "";
  let drives: Drive[] = [];
  /** What it was told to do with its drives; and whether it refuses. */
  let told: string[] = [];
  let refuses = false;
  const server = createServer((socket) => {
    const tell = (message: object) => socket.write(`${JSON.stringify(message)}\r\n`);
    tell({ QMP: { version: { qemu: { major: 7, minor: 2, micro: 0 } } } });
    socket.on("data", (bytes) => {
      for (const line of bytes
        .toString()
        .split("\n")
        .filter((text) => text.trim() !== "")) {
        const { execute, id, arguments: given } = JSON.parse(line);
        if (execute === "blockdev-remove-medium")
          delete drives.find(({ qdev }) => qdev === given.id)!.inserted;
        if (execute === "eject" || execute === "blockdev-change-medium") {
          told.push(`${execute} ${given.id}`);
          if (refuses) {
            tell({ id, error: { class: "GenericError", desc: "Could not open it" } });
            continue;
          }
        }
        const answers: Record<string, unknown> = { "query-block": drives, "query-fdsets": [] };
        tell({ id, return: answers[execute] ?? {} });
      }
    });
  });
  let monitor: Monitor;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "lodge-drive-"));
    await new Promise<void>((resolve) => server.listen(join(folder, "qmp"), resolve));
    monitor = await Monitor.connect(join(folder, "qmp"));
  });
  after(async () => {
    monitor.close();
    server.close();
    await rm(folder, { recursive: true });
  });

  /** What the record says is in them after QEMU was looked at. */
  const noted = async (now: Drive[]) => {
    drives = now;
    const store = new MemoryStore();
    const record = {
      drives: [
        { id: "cd0", image: "installer" },
        { id: "cd1", image: "drivers" },
      ],
    };
    await store.transact({ put: [{ key: guestKey("g1"), value: record }] });
    await noteEjected(store, monitor, "g1");
    const found = (await store.get(guestKey("g1")))!.value as typeof record;
    await store.close();
    return found.drives.map(({ image }) => image);
  };
  const cd0 = { qdev: "cd0", tray_open: false, inserted: {} };
  const cd1 = { qdev: "cd1", tray_open: false, inserted: {} };

  it("stays while the tray is closed", async () => {
    assert.deepEqual(await noted([cd0, cd1]), ["installer", "drivers"]);
  });

  it("is out once the guest has opened the tray, and QEMU lets go of its file", async () => {
    const open = { ...cd0, tray_open: true };
    assert.deepEqual(await noted([open, cd1]), [undefined, "drivers"]);
    assert.equal("inserted" in open, false);
  });

  it("is the owner's business where he has taken it out himself", async () => {
    assert.deepEqual(await noted([{ qdev: "cd0", tray_open: true }, cd1]), ["installer", "drivers"]);
  });

  const inDrive = async (store: MemoryStore) => {
    const { drives: now } = (await store.get(guestKey("g1")))!.value as { drives: { image?: string }[] };
    return now.map(({ image }) => image);
  };
  /** A guest that runs, with an installer in its first drive, and somebody who puts another medium there. */
  const scene = async () => {
    told = [];
    const store = new MemoryStore();
    const record = {
      id: "g1",
      name: "g1",
      state: "running",
      origin: {},
      disks: [],
      nics: [],
      drives: [{ id: "cd0", image: "installer" }, { id: "cd1" }],
    };
    await store.transact({ put: [{ key: guestKey("g1"), value: record }] });
    const live = { id: "g1", monitor, drives: new SerialQueue() } as unknown as LiveGuest;
    const fleet = { parts: { store }, get: () => live } as unknown as FleetView;
    const parts = { fleet, mediumPath: async (image: string) => `/isos/${image}` };
    return {
      store,
      turn: (image: string | null, match?: () => void) => changeDrive(parts, "g1", { image }, match),
    };
  };

  it("is the one that was asked for, by the record and for QEMU", async () => {
    const { store, turn } = await scene();
    await Promise.all([turn("drivers"), turn(null)]);
    assert.equal(told.length, 2);
    const last = told[1] === "eject cd0" ? undefined : "drivers";
    assert.deepEqual(await inDrive(store), [last, undefined]);
    await store.close();
  });

  it("stays what it was where QEMU refuses the other one", async () => {
    const { store, turn } = await scene();
    refuses = true;
    try {
      await assert.rejects(turn("drivers"), (error) => hasCode(error, "host.qemu_failed"));
    } finally {
      refuses = false;
    }
    assert.deepEqual(await inDrive(store), ["installer", undefined]);
    await store.close();
  });

  it("stays, and QEMU hears nothing, where the guest is not what whoever asks believes", async () => {
    const { store, turn } = await scene();
    const changed = () => {
      throw new LodgeError("api.changed");
    };
    await assert.rejects(turn("drivers", changed), (error) => hasCode(error, "api.changed"));
    assert.deepEqual(told, []);
    assert.deepEqual(await inDrive(store), ["installer", undefined]);
    await store.close();
  });
});
