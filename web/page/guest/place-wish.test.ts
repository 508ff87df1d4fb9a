import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { placeWish, toPlacement, type Placement } from "./place-wish.ts";

const all: Placement = {
  hosts: ["alpha", "beta"],
  hostLabels: ["zone=a"],
  affinity: [{ guest: "db", required: true }, { label: "app=web" }],
  antiAffinity: [
    { label: "app", required: true },
    { guest: "web-2", required: true },
  ],
  tolerations: ["gpu"],
  policy: "pack",
};

describe("a guest's wish for a place, in a form", () => {
  it("is the same when nothing was changed", () => {
    assert.deepEqual(toPlacement(placeWish(all), all), all);
    assert.equal(toPlacement(placeWish(), undefined), null);
  });

  it("takes what has a value, or says so, for a label, and all else for a guest", () => {
    const wish = { ...placeWish(), near: "db, app=web  label:tier" };
    assert.deepEqual(toPlacement(wish)?.affinity, [{ guest: "db" }, { label: "app=web" }, { label: "tier" }]);
  });

  it("says of all of them that it has to be so, or that it has not", () => {
    const strict = { ...placeWish(all), nearStrict: true };
    assert.deepEqual(
      toPlacement(strict, all)?.affinity?.map(({ required }) => required),
      [true, true],
    );
    const loose = { ...placeWish(all), apartStrict: false };
    assert.deepEqual(toPlacement(loose, all)?.antiAffinity, [{ label: "app" }, { guest: "web-2" }]);
  });

  it("leaves out what is empty", () => {
    assert.deepEqual(toPlacement({ ...placeWish(all), hosts: " ", near: "", tolerations: "" }, all), {
      hostLabels: all.hostLabels,
      antiAffinity: all.antiAffinity,
      policy: "pack",
    });
  });
});
