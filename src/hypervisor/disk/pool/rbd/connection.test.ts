import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { PoolTrouble } from "../driver.ts";
import { connectionOf, forgetRbd, imageOf, isRbd, knowRbd, monitorAddress } from "./connection.ts";
import { RbdPool } from "./rbd.ts";

const folder = "/srv/rbd/ceph";
const connection = { monitors: ["10.0.0.11"], pool: "rbd", user: "lodge" };

describe("a pool of Ceph's", () => {
  it("is told by the folder that its images are files in, while it is known", () => {
    const path = new RbdPool(folder).locate("l0123");
    assert.equal(path, `${folder}/l0123.raw`);
    assert.ok(!isRbd(path));
    knowRbd(folder, { ...connection, key: "a2V5" });
    assert.ok(isRbd(path) && !isRbd(`${folder}/deeper/l0123.raw`));
    assert.equal(connectionOf(folder).key, "a2V5");
    assert.equal(imageOf(path), "lodge-l0123");
    forgetRbd(folder);
    assert.ok(!isRbd(path));
  });

  it("whose key cannot be opened says so, and is a pool all the same", () => {
    knowRbd(folder, { ...connection, key: undefined });
    assert.ok(isRbd(`${folder}/l0123.raw`));
    assert.throws(() => connectionOf(folder), PoolTrouble);
    forgetRbd(folder);
  });

  it("has monitors by name, by either kind of address, with a port or without", () => {
    assert.deepEqual(monitorAddress("10.0.0.11"), { host: "10.0.0.11", port: "3300" });
    assert.deepEqual(monitorAddress("mon.example:6789"), { host: "mon.example", port: "6789" });
    assert.deepEqual(monitorAddress("[fd00::1]"), { host: "fd00::1", port: "3300" });
    assert.deepEqual(monitorAddress("[fd00::1]:6789"), { host: "fd00::1", port: "6789" });
    for (const bad of ["", "a:b", "[fd00::1", "10.0.0.11:"])
      assert.throws(() => monitorAddress(bad), PoolTrouble);
  });
});
