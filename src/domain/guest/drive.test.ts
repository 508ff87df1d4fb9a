/** What is in a guest's drives, as its QEMU tells: over a monitor on a real socket. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { MemoryStore } from "#durable/store/memory";
import { Monitor } from "#hypervisor/qemu/monitor";
import { noteEjected } from "./drive.ts";
import { guestKey } from "./record.ts";

interface Drive {
  readonly qdev: string;
  readonly tray_open: boolean;
  inserted?: object;
}

describe("a medium in a guest's drive", () => {
  let folder = "";
  let drives: Drive[] = [];
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
        tell({ id, return: execute === "query-block" ? drives : {} });
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
});
