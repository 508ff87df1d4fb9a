import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { wantedSize } from "./resolution.ts";

describe("a desktop's screen", () => {
  it("is as large as the window", () => {
    assert.deepEqual(wantedSize({ w: 1440, h: 900 }, "window"), { w: 1440, h: 900 });
    assert.deepEqual(wantedSize({ w: 1365.4, h: 767.5 }, "window"), { w: 1364, h: 766 });
  });

  it("keeps a phone's shape, with enough of it to work on", () => {
    assert.deepEqual(wantedSize({ w: 390, h: 844 }, "window"), { w: 600, h: 1298 });
    assert.deepEqual(wantedSize({ w: 844, h: 390 }, "window"), { w: 1298, h: 600 });
  });

  it("is what somebody chose, however large the window is", () => {
    assert.deepEqual(wantedSize({ w: 390, h: 844 }, "1920x1080"), { w: 1920, h: 1080 });
  });

  it("is no larger than a display can be, and as it was in a window that is not there yet", () => {
    assert.deepEqual(wantedSize({ w: 7680, h: 4320 }, "window"), { w: 5120, h: 2160 });
    assert.deepEqual(wantedSize({ w: 0, h: 0 }, "window"), { w: 0, h: 0 });
  });
});
