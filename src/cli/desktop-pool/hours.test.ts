import assert from "node:assert/strict";
import { test } from "node:test";
import { formatHours, parseHours } from "./hours.ts";

test("hours are read as people write them, and shown so that they can be read again", () => {
  const hours = parseHours("mon-fri 07:00-19:00, sat 09:00-13:00 Europe/Berlin");
  assert.deepEqual(hours, {
    zone: "Europe/Berlin",
    open: [
      { days: ["mon", "tue", "wed", "thu", "fri"], from: "07:00", to: "19:00" },
      { days: ["sat"], from: "09:00", to: "13:00" },
    ],
  });
  assert.deepEqual(parseHours(formatHours(hours)), hours);
  assert.deepEqual(parseHours("sat-mon 00:00-24:00 UTC").open[0]!.days, ["sat", "sun", "mon"]);
  for (const wrong of ["", "always", "mon 7-19 UTC", "mon-fry 07:00-19:00 UTC"])
    assert.throws(() => parseHours(wrong), RangeError);
});
