import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { hasCode } from "#contract/errors";
import { guestRecord } from "../../../test/fakes/guest-records.ts";
import {
  asked,
  balloonWish,
  bootMemory,
  pluggablePlan,
  plugWish,
  requirePieces,
  resized,
  unplugged,
  withPlugged,
} from "./plugged.ts";
import type { GuestRecord } from "./record.ts";

const MiB = 2 ** 20;

/** Starts with 512 MiB and has room for 4 GiB. */
const roomy = (more: Partial<GuestRecord> = {}): GuestRecord => {
  const plain = guestRecord(1);
  const machine = { ...plain.machine, bootMemory: 512 * MiB, maxMemory: 4096 * MiB };
  return { ...plain, state: "running", memory: 512 * MiB, machine, ...more };
};
const sizes = ({ memory, memoryTarget, memoryNow }: GuestRecord) =>
  [memory, memoryTarget, memoryNow].map((bytes) => bytes && bytes / MiB);

describe("memory that is plugged into a guest", () => {
  it("is promised when it is asked for, and taken bit by bit", () => {
    const grown = asked(roomy(), 2048 * MiB);
    assert.deepEqual(sizes(grown), [2048, undefined, undefined]);
    assert.deepEqual([plugWish(grown) / MiB, balloonWish(grown) / MiB], [1536, 512]);
    const half = withPlugged(grown, 768 * MiB);
    assert.deepEqual(sizes(half), [2048, undefined, 1280]);
    assert.deepEqual(sizes(withPlugged(half, 1536 * MiB)), [2048, undefined, 2048]);
  });

  it("stays promised until it is given back", () => {
    const shrinking = asked(roomy({ memory: 2048 * MiB, memoryNow: 2048 * MiB }), 1024 * MiB);
    assert.deepEqual(sizes(shrinking), [2048, 1024, 2048]);
    assert.equal(plugWish(shrinking), 512 * MiB);
    const some = withPlugged(shrinking, 1000 * MiB);
    assert.deepEqual(sizes(some), [1512, 1024, 1512]);
    assert.deepEqual(sizes(withPlugged(some, 512 * MiB)), [1024, undefined, 1024]);
  });

  it("counts what a guest took although it is asked for less", () => {
    const late = withPlugged(asked(roomy({ memory: 1024 * MiB }), 768 * MiB), 900 * MiB);
    assert.deepEqual(sizes(late), [1412, 768, 1412]);
  });

  it("goes before what a balloon takes, which is never given away", () => {
    const small = asked(roomy({ memory: 1024 * MiB, memoryNow: 1024 * MiB }), 256 * MiB);
    assert.deepEqual([plugWish(small), balloonWish(small) / MiB], [0, 256]);
    assert.deepEqual(sizes(withPlugged(small, 0)), [512, 256, 512]);
  });

  it("is asked for anew when it starts again, with what it is to have and no more", () => {
    const crashed = roomy({ memory: 2048 * MiB, memoryTarget: 1024 * MiB, memoryNow: 2048 * MiB });
    assert.deepEqual(sizes(unplugged(crashed)), [1024, undefined, undefined]);
    const saved = { ...crashed, state: "suspended" as const };
    assert.equal(unplugged(saved), saved);
    const plain = guestRecord(1);
    assert.equal(unplugged(plain), plain);
  });

  it("is none of what a guest that rests is made larger by", () => {
    const larger = resized(roomy({ state: "stopped" }), 2048 * MiB);
    assert.deepEqual([larger.memory, bootMemory(larger)], [2048 * MiB, 2048 * MiB]);
    const plain = resized(guestRecord(1), 1024 * MiB);
    assert.deepEqual([plain.memory, plain.machine.bootMemory], [1024 * MiB, undefined]);
  });

  it("has room in whole blocks of addresses, and nothing where there is no room", () => {
    const { machine } = roomy();
    const odd = roomy({ memory: 712 * MiB, machine: { ...machine, maxMemory: 1000 * MiB } });
    assert.deepEqual(pluggablePlan(odd), { room: 512 * MiB, requested: 200 * MiB });
    assert.equal(pluggablePlan(guestRecord(1)), undefined);
    assert.equal(pluggablePlan(resized(roomy(), 4096 * MiB)), undefined);
  });

  it("is none of a guest that shares a folder: all of its memory is there from the start", () => {
    const sharing = roomy({ memory: 2048 * MiB, shares: [{ name: "code" }] as never });
    assert.equal(pluggablePlan(sharing), undefined);
    assert.deepEqual([bootMemory(sharing), plugWish(sharing)], [2048 * MiB, 0]);
  });

  it("is whole pieces", () => {
    requirePieces(roomy(), 514 * MiB);
    assert.throws(
      () => requirePieces(roomy(), 515 * MiB),
      (error) => hasCode(error, "api.invalid"),
    );
  });

  it("changes nothing in a record that says so already", () => {
    const settled = withPlugged(roomy(), 0);
    assert.equal(withPlugged(settled, 0), settled);
  });
});
