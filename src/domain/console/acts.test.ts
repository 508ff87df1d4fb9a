import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Acts } from "./acts.ts";

const key = (number: number) => Buffer.of(4, number);
const pointer = Buffer.of(5);

class Guest {
  isFull = false;
  readonly got: number[] = [];

  send(bytes: Buffer): void {
    this.got.push(bytes[1] ?? -1);
  }
}

describe("what a viewer does", () => {
  it("goes to the guest at once, at any speed of hands", () => {
    const [acts, guest] = [new Acts(), new Guest()];
    // Two hundred words a minute are 34 presses and releases a second.
    for (let count = 0; count < 200; count++) {
      acts.take(count * 30, "key", key(count), guest);
      assert.equal(guest.got.length, count + 1);
    }
  });

  it("waits where it is a text that comes at once, in order, and is whole in the end", () => {
    const [acts, guest] = [new Acts(), new Guest()];
    const text = Array.from({ length: 250 }, (_, index) => index);
    for (const number of text) acts.take(1000, "key", key(number), guest);
    acts.take(1000, "pointer", pointer, guest);
    assert.equal(guest.got.length, 12);
    for (let now = 1000; guest.got.length <= text.length; now += 25) {
      const before: number = guest.got.length;
      acts.flow(now, guest);
      assert.ok(guest.got.length - before <= 3);
      assert.ok(now < 4000);
    }
    assert.deepEqual(guest.got, [...text, -1]);
  });

  it("is not kept for another QEMU", () => {
    const [acts, guest] = [new Acts(), new Guest()];
    for (let count = 0; count < 50; count++) acts.take(0, "key", key(count), guest);
    acts.take(0, "key", key(99), undefined);
    acts.flow(9999, guest);
    assert.equal(guest.got.length, 12);
  });

  it("waits for a guest that takes nothing, within bounds", () => {
    const [acts, guest] = [new Acts(), new Guest()];
    guest.isFull = true;
    for (let count = 0; count < 20; count++) acts.take(0, "text", Buffer.alloc(100_000), guest);
    guest.isFull = false;
    acts.flow(0, guest);
    assert.equal(guest.got.length, 10);
  });
});
