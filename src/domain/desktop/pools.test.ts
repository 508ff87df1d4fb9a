import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { changed } from "./pools.ts";
import type { PoolRecord } from "./record.ts";

const pool: PoolRecord = {
  id: "dp1",
  name: "office",
  project: "default",
  title: "Office",
  description: "",
  createdAt: "2026-11-01T00:00:00Z",
  revision: 3,
  image: "xfce",
  imageId: "i1",
  keeps: "nothing",
  cpus: 2,
  memory: 2 ** 30,
  most: 20,
  sound: true,
  standby: { count: 2 },
  rollOut: { by: "sign-off" },
  entitled: {},
  rules: {},
  policy: {},
};

describe("a change of a desktop pool", () => {
  it("takes away what it says null of, and leaves what it says nothing of", () => {
    const { cpus: _cpus, memory: _memory, ...usual } = pool;
    assert.deepEqual(changed(pool, { cpus: null, memory: null }), { ...usual, revision: 4 });
    const { most: _most, ...unlimited } = pool;
    assert.deepEqual(changed(pool, { most: null, hours: null }), unlimited);
    assert.deepEqual(changed(pool, {}), pool);
  });

  it("of its shape has desktops made anew, another image by its name alone", () => {
    assert.equal(changed(pool, { cpus: 4 }).revision, 4);
    assert.equal(changed(pool, { most: 4 }).revision, 3);
    assert.equal(changed(pool, { policy: { clipboard: "in" } }).revision, 4);
    assert.equal(changed(pool, { policy: { clipboard: "both", files: "in" } }).revision, 3, "as it was");
    const { imageId: _, ...unknown } = pool;
    assert.deepEqual(changed(pool, { image: "lxqt" }), { ...unknown, image: "lxqt", revision: 4 });
  });
});
