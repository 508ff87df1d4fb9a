import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Pump } from "./pump.ts";

interface Link {
  /** Milliseconds there and back. */
  readonly roundTrip: number;
  /** Bytes a millisecond. */
  readonly rate: number;
  readonly frame: number;
  /** What the handshake measured. */
  readonly greeted?: readonly number[];
}

/** A screen that always changes, seen over a link for 20 s: frames a second at the end, and most under way then. */
function watch({ roundTrip, rate, frame, greeted = [roundTrip] }: Link) {
  const pump = new Pump(greeted);
  const acknowledgements: number[] = [];
  let free = 0;
  let drawn = 0;
  let most = 0;
  for (let now = 0; now < 20_000; now++) {
    for (; acknowledgements[0] !== undefined && acknowledgements[0] <= now; acknowledgements.shift()) {
      pump.acknowledged(now);
      if (now >= 15_000) drawn++;
    }
    if (now % 30 !== 0 || !pump.hasRoom || pump.pauses(now)) continue;
    pump.sent(now, frame);
    free = Math.max(free, now) + frame / rate;
    acknowledgements.push(free + roundTrip);
    if (now >= 15_000) most = Math.max(most, pump.underWay);
  }
  return { rate: drawn / 5, most, lag: pump.lag };
}

const wide = 12_500;
/** 5 Mbit/s */
const narrow = 625;

describe("frames under way", () => {
  it("fill the round trip: the rate of frames does not fall with distance", () => {
    for (const roundTrip of [0, 1, 20, 50, 100, 150])
      assert.ok(watch({ roundTrip, rate: wide, frame: 20_000 }).rate >= 30, `at ${roundTrip} ms`);
  });

  it("are two on a narrow link, however long it goes on, and the link is full all the same", () => {
    for (const roundTrip of [1, 50]) {
      const { most, rate } = watch({ roundTrip, rate: narrow, frame: 100_000 });
      assert.ok(most <= 2, `${most} under way at ${roundTrip} ms`);
      assert.ok(rate >= 5, `${rate} of 6.25 frames a second at ${roundTrip} ms`);
    }
  });

  it("are ten a second at most where they are as large as pictures without loss", () => {
    const { rate } = watch({ roundTrip: 1, rate: 100_000, frame: 500_000 });
    assert.ok(rate > 8 && rate <= 10, `${rate} frames a second`);
  });

  it("are late where the link is narrow, and not where it is only long", () => {
    assert.ok(watch({ roundTrip: 50, rate: narrow, frame: 100_000 }).lag > 120);
    assert.ok(watch({ roundTrip: 100, rate: wide, frame: 20_000 }).lag < 10);
  });

  it("are bounded whatever the handshake measured", () => {
    assert.ok(watch({ roundTrip: 10, rate: narrow, frame: 10_000, greeted: [60_000] }).most <= 12);
  });

  it("are forgotten where nobody acknowledges them", () => {
    const pump = new Pump([1]);
    while (pump.hasRoom) pump.sent(0, 10);
    pump.forget(5000);
    assert.equal(pump.hasRoom, false);
    pump.forget(5001);
    assert.equal(pump.hasRoom, true);
  });

  it("are not fewer than none for a viewer that asks all the time", () => {
    const pump = new Pump([1]);
    for (let count = 0; count < 100; count++) pump.acknowledged(count);
    pump.sent(100, 10);
    assert.equal(pump.underWay, 1);
  });
});
