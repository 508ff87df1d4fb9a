import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { freeSlots, plugCpus, type CpuSlot } from "./plug-cpu.ts";

const slot = (core: number, there = false): CpuSlot => ({
  type: "qemu64-x86_64-cpu",
  props: { "socket-id": 0, "core-id": core, "thread-id": 0 },
  ...(there ? { "qom-path": `/machine/unattached/device[${core}]` } : {}),
});
// As QEMU lists them: the last first.
const slots = [slot(3), slot(2), slot(1), slot(0, true)];

describe("processors that are added", () => {
  it("fill the places in order, and no more than are wanted", () => {
    assert.deepEqual(freeSlots(slots, 3), [slot(1), slot(2)]);
    assert.deepEqual(freeSlots(slots, 1), []);
    assert.deepEqual(freeSlots(slots, 9).length, 3);
  });

  it("are plugged in one after another", async () => {
    const told: unknown[] = [];
    const execute = async (command: string, body?: object) => {
      if (command === "query-hotpluggable-cpus") return slots;
      told.push({ command, ...body });
    };
    await plugCpus({ execute } as never, 2);
    assert.deepEqual(told, [
      {
        command: "device_add",
        driver: "qemu64-x86_64-cpu",
        id: "cpu-0-0-1-0",
        "socket-id": 0,
        "core-id": 1,
        "thread-id": 0,
      },
    ]);
  });
});
