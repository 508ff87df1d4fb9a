import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import { hasCode } from "#contract/errors";
import { SerialQueue } from "#base/queue";
import { MemoryStore } from "#durable/store/memory";
import { ManualClock } from "#durable/store/manual-clock";
import { put } from "#durable/store/update";
import type { GroupLimits } from "#hypervisor/cpu/groups";
import { guestRecord } from "../../../test/fakes/guest-records.ts";
import { askFor, canAsk, watchMemory } from "./plug-memory.ts";
import { asked } from "./plugged.ts";
import { guestKey, type GuestRecord } from "./record.ts";

const MiB = 2 ** 20;

const plain: GuestRecord = { ...guestRecord(1), state: "running", memory: 512 * MiB };
const balloon = { ...plain.machine, balloon: true };
const process = { pid: 7, startTime: "1", accelerator: "kvm", ram: { kind: "own" } } as const;
const roomy: GuestRecord = {
  ...plain,
  process,
  machine: { ...balloon, bootMemory: 512 * MiB, maxMemory: 2048 * MiB },
};

describe("what a guest that runs can be asked for", () => {
  const invalid = (record: GuestRecord, wanted: number) =>
    assert.throws(
      () => canAsk(record, wanted),
      (error) => hasCode(error, "api.invalid"),
    );

  it("is between what its balloon leaves it and what there is room for, in whole pieces", () => {
    for (const wanted of [128, 512, 514, 2048]) assert.ok(canAsk(roomy, wanted * MiB), `${wanted}`);
    assert.ok(!canAsk(roomy, 2050 * MiB));
    invalid(roomy, 513 * MiB);
    invalid(roomy, 127 * MiB);
  });

  it("is what its balloon can do, where there is no room", () => {
    const ballooned = { ...plain, process, machine: balloon };
    assert.ok(canAsk(ballooned, 512 * MiB));
    assert.ok(canAsk(ballooned, 301 * MiB));
    assert.ok(!canAsk(ballooned, 514 * MiB));
    assert.ok(!canAsk(plain, 256 * MiB));
  });

  it("is what was added to it, where its memory is a template's", () => {
    const branch = { ...roomy, process: { ...process, ram: { kind: "template", template: "o" } } } as const;
    assert.ok(canAsk(branch, 1024 * MiB));
    assert.ok(canAsk(branch, 512 * MiB));
    assert.ok(!canAsk(branch, 256 * MiB));
  });

  it("is nothing while it does not run", () => {
    for (const state of ["stopped", "paused", "suspended"] as const)
      assert.ok(!canAsk({ ...roomy, state }, 1024 * MiB));
  });
});

describe("a guest that is asked for another size", () => {
  let store: MemoryStore;
  let told: string[];
  let limits: number[];
  let plugged: number;
  let tell: (event: object) => void;

  const parts = () => ({
    store,
    groups: { limit: (_id: string, { memory }: GroupLimits) => void limits.push(memory! / MiB) },
    log: { warn: () => undefined },
  });
  const live = () => ({
    id: roomy.id,
    process,
    memory: new SerialQueue(),
    gone: new AbortController().signal,
    inside: { answer: async () => undefined, run: async () => void told.push("switch on") },
    monitor: {
      onEvent: (listener: typeof tell) => void (tell = listener),
      async execute(command: string, body: { value: number }) {
        if (command === "query-memory-devices")
          return [{ type: "virtio-mem", data: { id: "memory", size: plugged } }];
        told.push(`${command} ${body.value / MiB}`);
      },
    },
  });
  const record = async () => (await store.get(guestKey(roomy.id)))!.value as GuestRecord;
  const sizes = ({ memory, memoryTarget, memoryNow }: GuestRecord) =>
    [memory, memoryTarget, memoryNow].map((bytes) => bytes && bytes / MiB);

  beforeEach(async () => {
    store = new MemoryStore({ clock: new ManualClock() });
    [told, limits, plugged] = [[], [], 0];
    await put(store, guestKey(roomy.id), roomy);
  });

  it("may have it before it is told, and what it has taken is written down", async () => {
    await put(store, guestKey(roomy.id), asked(roomy, 1024 * MiB));
    plugged = 100 * MiB;
    const now = await askFor(parts() as never, live() as never);
    assert.deepEqual(told, ["balloon 512", "qom-set 512"]);
    assert.deepEqual(limits, [2048]);
    assert.deepEqual(sizes(now), [1024, undefined, 612]);
    assert.deepEqual(await record(), now);
  });

  it("is let have less only as it gives back, told by events", async () => {
    await put(store, guestKey(roomy.id), asked({ ...roomy, memory: 1024 * MiB }, 600 * MiB));
    plugged = 512 * MiB;
    const guest = live();
    watchMemory(parts() as never, guest as never);
    await guest.memory.run(async () => undefined);
    assert.deepEqual(sizes(await record()), [1024, 600, 1024]);
    plugged = 88 * MiB;
    for (let i = 0; i < 3; i++) tell({ event: "MEMORY_DEVICE_SIZE_CHANGE", data: { id: "memory" } });
    await guest.memory.run(async () => undefined);
    assert.deepEqual(sizes(await record()), [600, undefined, 600]);
    assert.deepEqual(limits, [1624]);
    assert.deepEqual(told, ["switch on"]);
  });

  it("says nothing of a record that is another process's by now", async () => {
    await put(store, guestKey(roomy.id), { ...roomy, process: { ...process, pid: 8 } });
    plugged = 512 * MiB;
    const guest = live();
    watchMemory(parts() as never, guest as never);
    await guest.memory.run(async () => undefined);
    assert.equal((await record()).memoryNow, undefined);
  });
});
