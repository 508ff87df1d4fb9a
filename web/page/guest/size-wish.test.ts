import assert from "node:assert/strict";
import { it } from "node:test";
import { sizeChange, sizeRange } from "./size-wish.ts";

const MiB = 2 ** 20;
const guest = (more: object, machine: object = {}) =>
  ({ state: "running", cpus: 1, memory: 512 * MiB, machine, ...more }) as Parameters<typeof sizeRange>[0];

it("is anything for a guest that rests, and what there is room for while it runs", () => {
  assert.deepEqual(sizeRange(guest({ state: "stopped" })).cpus, [1, 255]);
  assert.deepEqual(sizeRange(guest({})).memory, [512, 512]);
  assert.deepEqual(sizeRange(guest({}, { balloon: true, maxCpus: 4 })), {
    cpus: [1, 4],
    memory: [128, 512],
    now: 512,
  });
  const roomy = { balloon: true, bootMemory: 512 * MiB, maxMemory: 2048 * MiB };
  assert.deepEqual(sizeRange(guest({ memory: 1024 * MiB, memoryTarget: 768 * MiB }, roomy)), {
    cpus: [1, 1],
    memory: [128, 2048],
    now: 768,
  });
});

it("is no more than it has, where it shares a folder", () => {
  const machine = { balloon: true, bootMemory: 512 * MiB, maxMemory: 2048 * MiB };
  const sharing = guest({ memory: 1024 * MiB, shares: [{ name: "code" }] }, machine);
  assert.deepEqual(sizeRange(sharing).memory, [256, 1024]);
});

it("asks for what differs alone", () => {
  const now = guest({ memory: 1024 * MiB, memoryTarget: 512 * MiB });
  assert.deepEqual(sizeChange(now, { cpus: 1, memory: 512 }), {});
  assert.deepEqual(sizeChange(now, { cpus: 2, memory: 1024 }), { cpus: 2, memory: 1024 * MiB });
});
