import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { PoolTrouble } from "./driver.ts";
import { LvmPool } from "./lvm.ts";

/** A thin pool that LVM would tell of so; what is run is noted. */
function pool(answers: Readonly<Record<string, string>> = {}) {
  const ran: string[] = [];
  const driver = new LvmPool("vg0/thin", async (command, args) => {
    ran.push([command, ...args].join(" "));
    return answers[args[args.indexOf("--options") + 1] ?? ""] ?? "";
  });
  return { driver, ran };
}

describe("a thin pool of LVM", () => {
  it("is named by its group and its own name alone", () => {
    for (const target of ["vg0", "/dev/vg0/thin", "vg0/thin/x", "-vg/thin", "vg0/", "vg 0/thin"])
      assert.throws(() => new LvmPool(target), PoolTrouble);
  });

  it("makes thin volumes of its own name and tag", async () => {
    const { driver, ran } = pool();
    const made = await driver.create("l0123", "raw", 10 * 2 ** 20);
    assert.deepEqual(made, { path: "/dev/vg0/lodge-l0123", format: "raw" });
    assert.deepEqual(ran, [
      "lvcreate --yes --quiet --type thin --addtag lodge --virtualsize 10485760b --thinpool thin --name lodge-l0123 vg0",
    ]);
  });

  it("clones by a snapshot that is active, and grows", async () => {
    const { driver, ran } = pool();
    const volume = { path: driver.locate("a"), format: "raw" } as const;
    assert.equal((await driver.clone(volume, "b")).path, "/dev/vg0/lodge-b");
    await driver.grow(volume, 20 * 2 ** 20);
    assert.deepEqual(ran, [
      "lvcreate --yes --quiet --snapshot --addtag lodge --setactivationskip n --name lodge-b vg0/lodge-a",
      "lvextend --quiet --size 20971520b vg0/lodge-a",
    ]);
  });

  it("counts what is mapped, and of the pool what is free", async () => {
    const { driver } = pool({
      "lv_size,data_percent,metadata_percent": "  1000000|25.00|3.10\n",
      "lv_name,lv_size,data_percent": "  lodge-a|4000|50.00\n  thin|1000000|25.00\n",
    });
    assert.deepEqual(await driver.space(), { size: 1000000, free: 750000, reflink: true });
    const [a, b] = ["a", "b"].map((name) => ({ path: driver.locate(name), format: "raw" }) as const);
    assert.deepEqual(await driver.used([a!, b!]), [2000, 0]);
  });

  it("removes what is there, and nothing that is not", async () => {
    const { driver, ran } = pool({ lv_name: "  lodge-a\n" });
    await driver.remove({ path: driver.locate("a"), format: "raw" });
    await driver.remove({ path: driver.locate("b"), format: "raw" });
    assert.deepEqual(
      ran.filter((line) => line.startsWith("lvremove")),
      ["lvremove --yes --quiet vg0/lodge-a"],
    );
  });

  it("says why it cannot be used", async () => {
    const answer = (text: string) => pool({ "lv_attr,lv_active": text }).driver.check();
    await answer("  twi-aotz--|active\n");
    await assert.rejects(answer("  -wi-a-----|active\n"), /is no thin pool/);
    await assert.rejects(answer("  twi---tz--|\n"), /not active/);
    const full = pool({ "lv_size,data_percent,metadata_percent": "1000|99.00|99.50" });
    await assert.rejects(full.driver.space(), /metadata is full/);
  });
});
