/** Has each guest UEFI variables of its own, also a branch, one that was suspended and one made of an image? */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { imageKey, imageNamed } from "#domain/image/record";
import { longestChain } from "#domain/volume/chain";
import { TestLodge, tinyMemory } from "../daemon.ts";
import { tinyGuest } from "../tiny-guest.ts";
import { assertConsistent } from "./consistent.ts";
import { openLayers } from "./stack.ts";

const folder = "/sys/firmware/efi/efivars";
const vendor = "5a1f7c52-0b1e-4a53-9d0c-6f2d3a8b9c10";

describe("a guest with UEFI", () => {
  let lodge: TestLodge;
  before(async () => {
    lodge = await TestLodge.start(undefined, { parked: false });
    await lodge.run({ name: "parent", firmware: "uefi" });
  });
  after(() => lodge?.[Symbol.asyncDispose]());

  /** Writes a variable; its first four bytes say that it is kept. */
  const set = (guest: string, name: string) =>
    lodge.sh(
      guest,
      `mount -t efivarfs none ${folder} 2>/dev/null; printf '\\007\\000\\000\\000x' >${folder}/${name}-${vendor}`,
    );
  /** The names of the variables that tests wrote, as the firmware tells them anew. */
  const names = async (guest: string) => {
    const list = `umount ${folder} 2>/dev/null; mount -t efivarfs none ${folder} && ls ${folder}`;
    const found = (await lodge.sh(guest, list)).split("\n").filter((name) => name.endsWith(vendor));
    return found.map((name) => name.split("-")[0]!);
  };
  const branch = (guest: string, name: string) =>
    lodge.done(lodge.client.call("guestFork", { params: { guest }, body: { name } }));
  const stop = (guest: string) =>
    lodge.done(lodge.client.call("guestStop", { params: { guest }, body: { force: true } }));
  const start = (guest: string) => lodge.done(lodge.client.call("guestStart", { params: { guest } }));
  const check = async () => {
    await assertConsistent(lodge);
    await lodge.start();
  };

  it("gives its branch the variables it has, and none that it writes later, nor the other way about", async () => {
    await set("parent", "Common");
    await branch("parent", "child");
    await set("parent", "OfParent");
    await set("child", "OfChild");
    await branch("child", "grandchild");
    await set("child", "Later");
    assert.deepEqual(await names("parent"), ["Common", "OfParent"]);
    assert.deepEqual(await names("child"), ["Common", "Later", "OfChild"]);
    assert.deepEqual(await names("grandchild"), ["Common", "OfChild"]);
  });

  it("keeps them over a restart, as its branches do, whichever are gone", async () => {
    await stop("child");
    await lodge.remove("child");
    for (const name of ["parent", "grandchild"]) await stop(name);
    await check();
    for (const name of ["parent", "grandchild"]) await start(name);
    assert.deepEqual(await names("parent"), ["Common", "OfParent"]);
    assert.deepEqual(await names("grandchild"), ["Common", "OfChild"]);
    await lodge.remove("grandchild");
  });

  it("writes on where a branch of it was cancelled", async () => {
    for (const moment of [100, 400, 800]) {
      const { id } = await lodge.client.call("guestFork", { params: { guest: "parent" }, body: {} });
      await delay(moment);
      const params = { operation: id };
      await lodge.client.call("operationCancel", { params }).catch(() => undefined);
      await lodge.idle();
      for (const { name } of await lodge.client.call("guestList"))
        if (name !== "parent") await lodge.remove(name);
    }
    await set("parent", "Cancelled");
    await check();
    assert.deepEqual(await names("parent"), ["Cancelled", "Common", "OfParent"]);
  });

  it("has them after it was suspended, and writes on", async () => {
    await lodge.done(lodge.client.call("guestSuspend", { params: { guest: "parent" } }));
    await start("parent");
    await set("parent", "Resumed");
    await stop("parent");
    await start("parent");
    assert.deepEqual(await names("parent"), ["Cancelled", "Common", "OfParent", "Resumed"]);
  });

  it("stands on few layers however often it is branched", { timeout: 180_000 }, async () => {
    for (let i = 0; i < longestChain; i++) {
      await branch("parent", "again");
      await lodge.remove("again");
    }
    // In the background. The disk has a chain and the variables have one, each as long as it may be at most.
    while ((await openLayers(lodge, "parent")).length > 2 * longestChain) await delay(50);
    await set("parent", "Short");
    await check();
    await stop("parent");
    await start("parent");
    assert.deepEqual(await names("parent"), ["Cancelled", "Common", "OfParent", "Resumed", "Short"]);
  });

  it("can become an image, whose guests start by UEFI and know what it knew", async () => {
    await stop("parent");
    await lodge.done(lodge.client.call("imageCreate", { body: { guest: "parent", name: "made" } }));
    await lodge.remove("parent");
    await lodge.end("SIGTERM");
    // The tiny guest's disk holds no kernel.
    const directBoot = await tinyGuest();
    await lodge.withStore(async (store) => {
      const { image } = (await imageNamed(store, "default", "made"))!;
      await store.transact({ put: [{ key: imageKey(image.id), value: { ...image, directBoot } }] });
    });
    await lodge.start();
    const refused = lodge.client.call("templateBuild", { body: { image: "made", memory: tinyMemory } });
    await assert.rejects(refused, { code: "api.unsupported" });
    const { machine, origin } = await lodge.run({ image: "made", name: "copy" });
    assert.equal(machine.firmware, "uefi");
    assert.equal(origin.reason, "its firmware is UEFI");
    assert.deepEqual(await names("copy"), ["Cancelled", "Common", "OfParent", "Resumed", "Short"]);
  });
});
