import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { PoolTrouble } from "./driver.ts";
import { mountPoints, SharedPool } from "./mount.ts";

describe("a shared mount", () => {
  it("is found among the mounts, whatever its name", () => {
    const text = [
      "22 1 8:1 / / rw - ext4 /dev/sda1 rw",
      "30 22 0:40 / /srv/a\\040b rw,relatime shared:3 - nfs4 server:/x rw",
      "",
    ].join("\n");
    assert.deepEqual([...mountPoints(text)], ["/", "/srv/a b"]);
  });

  it("is none where nothing is mounted, so nothing is written to the host's own disk", async () => {
    const pool = new SharedPool("/usr/share");
    await assert.rejects(pool.prepare(), PoolTrouble);
    await assert.rejects(pool.check(), /nothing is mounted there/);
  });
});
