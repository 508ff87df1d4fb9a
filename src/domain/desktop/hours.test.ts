import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Hours } from "#contract/schema/desktop-pool";
import { flawOf, openingAt } from "./hours.ts";

const weekdays: Hours = {
  zone: "Europe/Berlin",
  open: [{ days: ["mon", "tue", "wed", "thu", "fri"], from: "07:00", to: "19:00" }],
};

const at = (text: string): number => Date.parse(text);
const says = (hours: Hours | undefined, now: string) => {
  const { open, changesAt } = openingAt(hours, at(now));
  return [open, changesAt === undefined ? undefined : new Date(changesAt).toISOString()];
};

describe("hours", () => {
  it("are in the wall clock of their zone, in winter and in summer", () => {
    assert.deepEqual(says(weekdays, "2026-11-27T05:59:59Z"), [false, "2026-11-27T06:00:00.000Z"]);
    assert.deepEqual(says(weekdays, "2026-11-27T06:00:00Z"), [true, "2026-11-27T18:00:00.000Z"]);
    assert.deepEqual(says(weekdays, "2026-07-01T05:30:00Z"), [true, "2026-07-01T17:00:00.000Z"]);
  });

  it("lead over the weekend", () => {
    assert.deepEqual(says(weekdays, "2026-11-27T18:00:00Z"), [false, "2026-11-30T06:00:00.000Z"]);
  });

  it("go on where one span touches the next, and never end where they are around the clock", () => {
    const nights: Hours = {
      zone: "UTC",
      open: [
        { days: ["mon"], from: "20:00", to: "24:00" },
        { days: ["tue"], from: "00:00", to: "06:00" },
      ],
    };
    assert.deepEqual(says(nights, "2026-11-23T21:00:00Z"), [true, "2026-11-24T06:00:00.000Z"]);
    const days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
    const always: Hours = { zone: "UTC", open: [{ days: [...days], from: "00:00", to: "24:00" }] };
    assert.deepEqual(says(always, "2026-11-23T21:00:00Z"), [true, undefined]);
    assert.deepEqual(says(undefined, "2026-11-23T21:00:00Z"), [true, undefined]);
  });

  it("hold on the days on which the clocks change", () => {
    const early: Hours = { zone: "Europe/Berlin", open: [{ days: ["sun"], from: "02:30", to: "04:00" }] };
    // 2026-03-29: from two the wall says three. 2026-10-25: from three it says two again.
    assert.deepEqual(says(early, "2026-03-29T00:00:00Z"), [false, "2026-03-29T01:00:00.000Z"]);
    assert.deepEqual(says(early, "2026-03-29T01:30:00Z"), [true, "2026-03-29T02:00:00.000Z"]);
    assert.deepEqual(says(early, "2026-10-25T00:00:00Z"), [false, "2026-10-25T00:30:00.000Z"]);
    assert.deepEqual(says(early, "2026-10-25T02:00:00Z"), [true, "2026-10-25T03:00:00.000Z"]);
  });

  it("end once where the wall says it twice, and hold where midnight or half an hour is not there", () => {
    const zone = "Europe/Berlin";
    const late: Hours = { zone, open: [{ days: ["sun"], from: "00:00", to: "02:30" }] };
    // From three it says two again: the first half past two counts.
    assert.deepEqual(says(late, "2026-10-25T00:29:59Z"), [true, "2026-10-25T00:30:00.000Z"]);
    assert.deepEqual(says(late, "2026-10-25T01:00:00Z"), [false, "2026-10-31T23:00:00.000Z"]);
    // Over the change a night is an hour longer, or shorter.
    const night: Hours = {
      zone,
      open: [
        { days: ["sat"], from: "22:00", to: "24:00" },
        { days: ["sun"], from: "00:00", to: "06:00" },
      ],
    };
    assert.deepEqual(says(night, "2026-10-24T20:00:00Z"), [true, "2026-10-25T05:00:00.000Z"]);
    assert.deepEqual(says(night, "2026-03-28T21:00:00Z"), [true, "2026-03-29T04:00:00.000Z"]);
    // Beirut has no midnight on 2026-03-29, Lord Howe puts its clocks by half an hour.
    const beirut: Hours = { zone: "Asia/Beirut", open: [{ days: ["sun"], from: "00:00", to: "08:00" }] };
    assert.deepEqual(says(beirut, "2026-03-28T21:00:00Z"), [false, "2026-03-28T22:00:00.000Z"]);
    assert.deepEqual(says(beirut, "2026-03-28T22:00:00Z"), [true, "2026-03-29T05:00:00.000Z"]);
    const howe: Hours = {
      zone: "Australia/Lord_Howe",
      open: [{ days: ["sun"], from: "01:00", to: "03:00" }],
    };
    assert.deepEqual(says(howe, "2026-10-03T14:30:00Z"), [true, "2026-10-03T16:00:00.000Z"]);
  });

  it("are refused where no clock could keep them", () => {
    assert.equal(flawOf(weekdays), undefined);
    assert.match(flawOf({ ...weekdays, zone: "Nowhere/At-All" })!, /no time zone/);
    assert.match(flawOf({ zone: "UTC", open: [{ days: ["mon"], from: "09:00", to: "09:00" }] })!, /before/);
    assert.match(flawOf({ zone: "UTC", open: [{ days: ["mon"], from: "09:00", to: "24:30" }] })!, /24:30/);
  });
});
