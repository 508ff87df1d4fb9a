import assert from "node:assert/strict";
import { it } from "node:test";
import { isMemoryChange, pluggedMemory, requestMemory, roomFor } from "./plug-memory.ts";

const MiB = 2 ** 20;

it("makes room that Linux can take to its end", () => {
  assert.deepEqual([1, 128 * MiB, 129 * MiB].map(roomFor), [128 * MiB, 128 * MiB, 256 * MiB]);
});

it("tells what its own device has, among others", async () => {
  const devices = [
    { type: "dimm", data: { id: "memory", size: 1 } },
    { type: "virtio-mem", data: { id: "another", size: 2 } },
    { type: "virtio-mem", data: { id: "memory", size: 3 } },
  ];
  const monitor = (answer: unknown) => ({ execute: async <T>() => answer as T });
  assert.equal(await pluggedMemory(monitor(devices)), 3);
  assert.equal(await pluggedMemory(monitor([])), 0);
});

it("asks the device, and hears of it alone", async () => {
  const told: unknown[] = [];
  const execute = async <T>(command: string, body?: object) => {
    told.push([command, body]);
    return undefined as T;
  };
  await requestMemory({ execute }, 4 * MiB);
  assert.deepEqual(told, [
    ["qom-set", { path: "/machine/peripheral/memory", property: "requested-size", value: 4 * MiB }],
  ]);
  const event = (name: string, id: string) =>
    isMemoryChange({ event: name, data: { id } } as unknown as Parameters<typeof isMemoryChange>[0]);
  assert.ok(event("MEMORY_DEVICE_SIZE_CHANGE", "memory"));
  assert.ok(!event("MEMORY_DEVICE_SIZE_CHANGE", "another"));
  assert.ok(!event("BALLOON_CHANGE", "memory"));
});
