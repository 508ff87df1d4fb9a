import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Jitter, rate } from "./jitter.ts";

const block = 128;
/** Enough for two clocks to be apart by many times of what waits, were nothing done. */
const seconds = 180;

/** A tone's samples, from a frame on. */
function tone(from: number, frames: number, hertz = 440): Int16Array {
  const samples = new Int16Array(frames * 2);
  for (let frame = 0; frame < frames; frame++) {
    const value = Math.round(20_000 * Math.sin((2 * Math.PI * hertz * (from + frame)) / rate));
    samples.fill(value, frame * 2, frame * 2 + 2);
  }
  return samples;
}

describe("a jitter buffer", () => {
  const pull = (jitter: Jitter) => {
    const [left, right] = [new Float32Array(block), new Float32Array(block)];
    jitter.pull(left, right);
    assert.deepEqual(left, right);
    return left;
  };
  const isSilent = (samples: Float32Array) => samples.every((sample) => sample === 0);

  it("plays once 40 ms are there, and is silent again when nothing comes", () => {
    const jitter = new Jitter();
    jitter.push(tone(1, 1900));
    assert.ok(isSilent(pull(jitter)));
    jitter.push(tone(1901, 200));
    assert.ok(!isSilent(pull(jitter)));
    for (let count = 0; count < 30; count++) pull(jitter);
    assert.ok(isSilent(pull(jitter)));
    jitter.push(tone(1, 1900));
    assert.ok(isSilent(pull(jitter)), "it fills first");
  });

  /** Milliseconds that have to wait before it begins. */
  const fill = (jitter: Jitter) => {
    for (let sent = 0; sent < 300; sent += 10) {
      jitter.push(tone(1 + sent * 48, 480));
      if (!isSilent(pull(jitter))) return sent + 10;
    }
    return assert.fail("it never plays");
  };
  const silence = (jitter: Jitter, milliseconds: number) => {
    for (let pulled = 0; pulled < milliseconds * 48; pulled += block) pull(jitter);
  };

  it("has more wait where what comes is late, and less again where it is not any more", () => {
    const jitter = new Jitter();
    assert.equal(fill(jitter), 40);
    silence(jitter, 100);
    assert.ok(fill(jitter) >= 60, "it was late by some milliseconds");
    for (let times = 0; times < 10; times++) {
      silence(jitter, 200);
      fill(jitter);
    }
    silence(jitter, 1000);
    assert.equal(fill(jitter), 150, "no more than that; after a second it is another sound");
    const [samples, left, right] = [new Int16Array(960), new Float32Array(480), new Float32Array(480)];
    for (let sent = 0; sent < 2 * 60_000; sent += 10) {
      jitter.push(samples);
      jitter.pull(left, right);
    }
    silence(jitter, 1000);
    assert.equal(fill(jitter), 40);
  });

  for (const [what, factor] of [
    ["faster", 1.002],
    ["slower", 0.998],
  ] as const)
    it(`follows a clock that is ${what}, with nothing left out and nothing missing`, () => {
      const jitter = new Jitter();
      let sent = 0;
      let [least, most] = [Infinity, 0];
      for (let taken = 0; taken < seconds * rate; taken += block) {
        // What comes, comes in pieces of 20 ms.
        while (sent < taken * factor + 4000) {
          jitter.push(new Int16Array(960 * 2));
          sent += 960;
        }
        pull(jitter);
        if (taken < rate) continue;
        least = Math.min(least, jitter.waiting);
        most = Math.max(most, jitter.waiting);
      }
      assert.ok(least > 500 && most < 7000, `from ${least} to ${most} frames waited`);
    });

  it("leaves out what is too old after a burst, so that it is never late by a quarter of a second", () => {
    const jitter = new Jitter();
    jitter.push(tone(0, rate / 2));
    assert.ok(jitter.waiting <= rate / 4);
    assert.ok(!isSilent(pull(jitter)));
  });

  it("keeps a tone a tone", () => {
    const jitter = new Jitter();
    const heard: number[] = [];
    let sent = 0;
    for (let taken = 0; taken < 2 * rate; taken += block) {
      while (sent < taken + 4000) {
        jitter.push(tone(sent, 480));
        sent += 480;
      }
      heard.push(...pull(jitter));
    }
    const second = heard.slice(-rate);
    const rises = second.filter((sample, index) => index > 0 && sample > 0 && second[index - 1]! <= 0).length;
    assert.ok(Math.abs(rises - 440) < 4, `${rises} Hz`);
    for (const [index, sample] of second.entries())
      if (index > 0) assert.ok(Math.abs(sample - second[index - 1]!) < 0.06, "no clicks");
  });
});
