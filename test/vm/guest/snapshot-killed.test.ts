/** Is every snapshot whole or none, and its guest thawed, when the daemon is killed in the middle of its work? */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { TestLodge } from "../daemon.ts";
import { assertConsistent } from "./consistent.ts";
import { names, removeSnapshot, restore, take } from "./snapshot-world.ts";

const of = { params: { guest: "g", snapshot: "base" } };

/** Each is begun and never waited for, a few milliseconds apart over what it takes. */
const works: readonly (readonly [string, (lodge: TestLodge) => Promise<unknown>, readonly number[]])[] = [
  [
    "take",
    ({ client }) => client.call("snapshotCreate", { params: { guest: "g" }, body: { name: "new" } }),
    [20, 120, 250, 500],
  ],
  [
    "take with memory",
    ({ client }) =>
      client.call("snapshotCreate", { params: { guest: "g" }, body: { name: "new", memory: true } }),
    [50, 300, 700],
  ],
  [
    "restore",
    ({ client }) => client.call("snapshotRestore", { ...of, body: { force: true, keep: true } }),
    [30, 200, 500],
  ],
  ["fork", ({ client }) => client.call("snapshotFork", { ...of, body: { name: "new" } }), [50, 400]],
  ["remove", ({ client }) => client.call("snapshotDelete", of), [5, 40]],
];

const mount = "mkdir -p /mnt; mountpoint -q /mnt || mount -t ext4 /dev/vda /mnt";

describe("a daemon that is killed", () => {
  let lodge: TestLodge;
  before(async () => {
    lodge = await TestLodge.start(undefined, { parked: false });
    await lodge.run({ name: "g" });
    await lodge.sh("g", `mke2fs /dev/vda && ${mount} && echo kept >/mnt/file && sync`);
  });
  after(() => lodge?.[Symbol.asyncDispose]());

  for (const [work, begin, moments] of works) {
    for (const moment of moments) {
      it(`${moment} ms into '${work}' leaves every snapshot whole or none`, async () => {
        const { client } = lodge;
        if (!(await names(lodge, "g")).includes("base")) await take(lodge, "g", { name: "base" });
        const before = await names(lodge, "g");
        begin(lodge).catch(() => undefined);
        await delay(moment);
        await lodge.restart();
        try {
          await assertConsistent(lodge);
        } finally {
          await lodge.end();
          await lodge.start();
        }
        const { state } = await lodge.guest("g");
        if (state !== "running") await lodge.done(client.call("guestStart", { params: { guest: "g" } }));
        assert.equal(await lodge.sh("g", `${mount}; echo x >/mnt/other && sync && cat /mnt/file`), "kept");
        for (const name of (await names(lodge, "g")).filter((each) => !before.includes(each))) {
          await restore(lodge, "g", name, { force: true });
          assert.equal(await lodge.sh("g", `${mount}; cat /mnt/file`), "kept");
          await removeSnapshot(lodge, "g", name);
        }
        for (const { id, name } of await client.call("guestList")) if (name !== "g") await lodge.remove(id);
      });
    }
  }
});
