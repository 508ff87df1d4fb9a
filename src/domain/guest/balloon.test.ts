import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Balloons, squeezed } from "./balloon.ts";
import type { GuestRecord } from "./record.ts";

const MiB = 2 ** 20;

describe("what a guest leaves to the host", () => {
  it("is half of what it has available, and it keeps a quarter", () => {
    assert.equal(squeezed(512 * MiB, 512 * MiB, 300 * MiB), 362 * MiB);
    assert.equal(squeezed(512 * MiB, 200 * MiB, 190 * MiB), 128 * MiB);
    assert.equal(squeezed(512 * MiB, 512 * MiB, 20 * MiB), undefined);
    assert.equal(squeezed(512 * MiB, 128 * MiB, 100 * MiB), undefined);
  });

  const record = (ram: "own" | "template") =>
    ({
      id: "g",
      state: "running",
      memory: 512 * MiB,
      machine: { balloon: true },
      process: { ram: { kind: ram } },
    }) as unknown as GuestRecord;

  function world(available: number | Error) {
    const told: number[] = [];
    let actual = 512 * MiB;
    const live = {
      inside: {
        async facts() {
          if (available instanceof Error) throw available;
          return { memoryAvailable: available };
        },
      },
      monitor: {
        async execute(command: string, body?: { value: number }) {
          if (command === "query-balloon") return { actual };
          told.push(body!.value);
          actual = body!.value;
        },
      },
    };
    const balloons = new Balloons({ get: () => live as never });
    return { balloons, told };
  }

  it("is asked for once, and given back once", async () => {
    const { balloons, told } = world(400 * MiB);
    assert.equal(await balloons.squeeze(record("own")), 200 * MiB);
    assert.equal(await balloons.squeeze(record("own")), 0);
    const back = await balloons.relax(async () => ({ ...record("own"), memoryTarget: 500 * MiB }));
    assert.equal(back?.id, "g");
    assert.deepEqual(told, [312 * MiB, 500 * MiB]);
    assert.equal(await balloons.relax(async () => record("own")), undefined);
    assert.equal(await balloons.squeeze(record("own")), 200 * MiB);
  });

  it("is nothing of a fork, and nothing where the guest does not answer", async () => {
    const shares = world(400 * MiB);
    assert.equal(await shares.balloons.squeeze(record("template")), 0);
    const silent = world(new Error("no agent"));
    assert.equal(await silent.balloons.squeeze(record("own")), 0);
    assert.deepEqual([...shares.told, ...silent.told], []);
  });
});
