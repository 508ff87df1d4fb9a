import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { nextStep, usingOf, type Using } from "./rules.ts";

const start = Date.parse("2026-11-27T08:00:00Z");
const seconds = (count: number): number => start + count * 1000;
const text = (count: number): string => new Date(seconds(count)).toISOString();
const given = { createdAt: text(0) };
const watched: Using = { watched: true, lastInput: start, left: start, had: start, runs: true };
const left: Using = { ...watched, watched: false };

type GuestNow = Parameters<typeof usingOf>[2];

describe("the rules of a desktop", () => {
  it("warn whoever is idle before they disconnect him, and call it off when he presses a key", () => {
    const pool = { rules: { idle: 600, warn: 60 } };
    assert.deepEqual(nextStep(pool, {}, watched, seconds(539)), { kind: "nothing" });
    const announced = { at: text(600), what: "disconnect", why: "idle" } as const;
    assert.deepEqual(nextStep(pool, {}, watched, seconds(540)), { kind: "announce", announced });
    const warned = { announced };
    assert.deepEqual(nextStep(pool, warned, watched, seconds(599)), { kind: "nothing" });
    assert.equal(nextStep(pool, warned, watched, seconds(600)).kind, "do");
    const pressed = { ...watched, lastInput: seconds(590) };
    assert.deepEqual(nextStep(pool, warned, pressed, seconds(600)), { kind: "call-off" });
  });

  it("announce to whoever watches what is due already, and leave him the time of the warning", () => {
    const pool = { rules: { longest: 300, warn: 30 } };
    const announced = { at: text(1030), what: "sign-off", why: "longest" } as const;
    assert.deepEqual(nextStep(pool, {}, watched, seconds(1000)), { kind: "announce", announced });
    const warned = { announced };
    assert.deepEqual(nextStep(pool, warned, watched, seconds(1029)), { kind: "nothing" });
    assert.equal(nextStep(pool, warned, watched, seconds(1030)).kind, "do");
  });

  it("suspend what nobody watches, and end it later", () => {
    const pool = { rules: { suspend: 60, signOff: 120 } };
    assert.deepEqual(nextStep(pool, {}, left, seconds(59)), { kind: "nothing" });
    const due = { at: seconds(60), what: "suspend", why: "disconnected" };
    assert.deepEqual(nextStep(pool, {}, left, seconds(60)), { kind: "do", due });
    const asleep = { ...left, runs: false };
    assert.deepEqual(nextStep(pool, {}, asleep, seconds(100)), { kind: "nothing" });
    const end = { at: seconds(120), what: "sign-off", why: "disconnected" };
    assert.deepEqual(nextStep(pool, {}, asleep, seconds(120)), { kind: "do", due: end });
    assert.deepEqual(nextStep(pool, {}, watched, seconds(500)), { kind: "nothing" });
  });

  it("keep to what somebody decided, also where a rule would come later", () => {
    const announced = { at: text(90), what: "sign-off", why: "asked" } as const;
    const pool = { rules: { idle: 3600 } };
    assert.deepEqual(nextStep(pool, { announced }, watched, seconds(30)), { kind: "nothing" });
    assert.equal(nextStep(pool, { announced }, watched, seconds(90)).kind, "do");
    assert.equal(nextStep(pool, { announced }, left, seconds(90)).kind, "do");
  });

  it("keep to what somebody decided while a rule comes before it that the next key would call off", () => {
    const announced = { at: text(600), what: "sign-off", why: "asked" } as const;
    const pool = { rules: { idle: 120 } };
    assert.deepEqual(nextStep(pool, { announced }, watched, seconds(100)), { kind: "nothing" });
    assert.equal(nextStep(pool, { announced }, watched, seconds(600)).kind, "do");
  });

  it("wait for whoever a desktop was brought up for, however short the pool's patience is", () => {
    const pool = { keeps: "nothing", rules: { suspend: 5, signOff: 0 } } as const;
    const step = (desktop: typeof given & { disconnectedAt?: string }, guest: GuestNow, now: number) =>
      nextStep(pool, {}, { ...left, ...usingOf(pool, desktop, guest, seconds(now)) }, seconds(now)).kind;
    assert.equal(step(given, { state: "creating", stateSince: text(0) }, 50), "nothing", "it is being made");
    const runs = { state: "running", stateSince: text(60) } as const;
    assert.equal(step(given, runs, 65), "nothing", "he has his ticket");
    assert.equal(step(given, runs, 91), "do", "he never came");
    const back = { ...given, disconnectedAt: text(40) };
    assert.equal(step(back, runs, 65), "nothing", "it was woken for him");
    assert.equal(step({ ...given, disconnectedAt: text(64) }, runs, 65), "do", "he was there, and went");
  });

  it("end an assigned guest once, and count from when it was begun", () => {
    const hours = { zone: "UTC", open: [{ days: ["sat" as const], from: "07:00", to: "09:00" }] };
    const pool = { keeps: "guest", rules: { longest: 600, signOff: 60 } } as const;
    const step = (guest: GuestNow, using: Using, more: object = {}) =>
      nextStep(
        { ...pool, ...more },
        {},
        { ...using, ...usingOf(pool, given, guest, seconds(5000)) },
        seconds(5000),
      ).kind;
    const off = { state: "stopped", stateSince: text(900) } as const;
    assert.equal(step(off, left), "nothing");
    assert.equal(step(off, left, { hours }), "nothing");
    assert.equal(step({ state: "running", stateSince: text(900) }, watched), "announce");
    assert.equal(step({ state: "running", stateSince: text(4500) }, watched), "nothing");
  });

  it("end it with its pool's hours, announced", () => {
    const open = [{ days: ["fri" as const], from: "07:00", to: "09:00" }];
    const pool = { rules: {}, hours: { zone: "UTC", open } };
    assert.deepEqual(nextStep(pool, {}, watched, seconds(3539)), { kind: "nothing" });
    const announced = { at: text(3600), what: "sign-off", why: "hours" } as const;
    assert.deepEqual(nextStep(pool, {}, watched, seconds(3540)), { kind: "announce", announced });
    assert.equal(nextStep(pool, { announced }, watched, seconds(3700)).kind, "do");
  });

  it("announce the end of the hours by the wall clock on the day on which that changes", () => {
    // 2026-10-25 in Berlin: four o'clock on the wall is four hours after one, by any other clock.
    const open = [{ days: ["sun" as const], from: "00:00", to: "04:00" }];
    const pool = { rules: { warn: 300 }, hours: { zone: "Europe/Berlin", open } };
    const end = Date.parse("2026-10-25T03:00:00Z");
    const now = { ...watched, lastInput: end };
    assert.equal(nextStep(pool, {}, now, end - 300_001).kind, "nothing");
    const announced = { at: new Date(end).toISOString(), what: "sign-off", why: "hours" } as const;
    assert.deepEqual(nextStep(pool, {}, now, end - 300_000), { kind: "announce", announced });
    const warned = { announced };
    assert.equal(nextStep(pool, warned, now, end - 1).kind, "nothing");
    assert.equal(nextStep(pool, warned, now, end).kind, "do");
    // Whoever looks after it opens it for longer: it is called off.
    const longer = { ...pool, hours: { zone: "Europe/Berlin", open: [{ ...open[0]!, to: "05:00" }] } };
    assert.equal(nextStep(longer, warned, now, end - 1).kind, "call-off");
  });
});
