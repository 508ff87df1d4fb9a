import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import type { Hardware } from "#domain/guest/launch";
import type { GuestRecord } from "#domain/guest/record";
import { MemoryStore } from "#durable/store/memory";
import { readMemory } from "#hypervisor/host/memory";
import { checkMemory } from "./memory-check.ts";

describe("a guest's memory is checked", () => {
  let released: [bytes: number, except: string | undefined][];
  let available: number;
  beforeEach(async () => {
    released = [];
    ({ available } = await readMemory());
  });

  const check = (over: Partial<GuestRecord>, once = 0) =>
    checkMemory(
      {
        store: new MemoryStore(),
        read: readMemory,
        hardware: { accelerator: async () => "kvm" } as Hardware,
        stock: {
          release: async (bytes, _reason, except) => {
            released.push([bytes, except]);
            return 0;
          },
        },
      },
      {
        id: "g1",
        name: "web",
        memory: 1048576,
        state: "creating",
        origin: { how: "boot" },
        ...over,
      } as GuestRecord,
      { once },
    );
  const fork = { how: "fork", template: "t1" } as const;
  const refused = { code: "guest.memory_unavailable" };

  it("by what it takes as it starts: a fork that starts again has all of its own", async () => {
    const memory = available * 1.2;
    await check({ memory, origin: fork });
    assert.deepEqual(released, []);
    await assert.rejects(check({ memory }), refused);
    await assert.rejects(check({ memory, origin: fork, state: "stopped" }), refused);
    await assert.rejects(check({ memory, origin: fork, state: "suspended" }), refused);
  });

  it("and by what has to be read back for it", async () => {
    await check({ origin: fork });
    await assert.rejects(check({ origin: fork }, available), refused);
  });

  it("before it is refused, templates give up theirs, but not the one that it is to fork from", async () => {
    const memory = available * 8;
    await assert.rejects(check({ memory, origin: fork }), refused);
    assert.equal(released.length, 1);
    const [bytes, except] = released[0]!;
    assert.ok(bytes > memory / 4 - available, `${bytes}`);
    assert.equal(except, "t1");
  });
});
