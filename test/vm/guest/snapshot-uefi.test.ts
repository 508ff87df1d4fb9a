/** Has a guest that is restored the UEFI variables that belong to its disks? */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { TestLodge } from "../daemon.ts";
import { assertConsistent } from "./consistent.ts";
import { restore, take } from "./snapshot-world.ts";

const folder = "/sys/firmware/efi/efivars";
const vendor = "5a1f7c52-0b1e-4a53-9d0c-6f2d3a8b9c10";

describe("a snapshot of a guest with UEFI", () => {
  let lodge: TestLodge;
  before(async () => {
    lodge = await TestLodge.start(undefined, { parked: false });
    await lodge.run({ name: "g", firmware: "uefi" });
  });
  after(() => lodge?.[Symbol.asyncDispose]());

  /** Writes a variable; its first four bytes say that it is kept. */
  const set = (name: string) =>
    lodge.sh(
      "g",
      `mount -t efivarfs none ${folder} 2>/dev/null; printf '\\007\\000\\000\\000x' >${folder}/${name}-${vendor}`,
    );
  const variables = async () => {
    const list = `umount ${folder} 2>/dev/null; mount -t efivarfs none ${folder} && ls ${folder}`;
    const found = (await lodge.sh("g", list)).split("\n").filter((name) => name.endsWith(vendor));
    return found.map((name) => name.split("-")[0]!);
  };

  it("brings back its variables, with its memory and without", async () => {
    await set("First");
    await take(lodge, "g", { name: "one" });
    await set("Second");
    await take(lodge, "g", { name: "two", memory: true });
    await set("Third");
    assert.deepEqual(await variables(), ["First", "Second", "Third"]);
    await restore(lodge, "g", "one", { force: true });
    assert.deepEqual(await variables(), ["First"]);
    await restore(lodge, "g", "two", { force: true });
    assert.deepEqual(await variables(), ["First", "Second"]);
    await assertConsistent(lodge);
    await lodge.start();
  });
});
