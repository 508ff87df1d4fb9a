/** What every driver of a pool has to stand. Content is written and read with qemu-io, by the volume's path. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { exec } from "#base/exec";
import type { DiskFormat } from "../create.ts";
import { PoolTrouble, type PoolDriver, type Stored } from "./driver.ts";

export interface PoolWorld {
  readonly driver: PoolDriver;
  /** Do clones take no space there? */
  readonly reflink: boolean;
  /** Takes away what the pool lies on, so that it cannot be used. */
  break(): Promise<void>;
  dispose(): Promise<void>;
}

const MiB = 1048576;

export function poolConformance(name: string, makeWorld: () => Promise<PoolWorld>): void {
  describe(`${name} is a pool`, () => {
    let world: PoolWorld;
    let driver: PoolDriver;
    before(async () => {
      world = await makeWorld();
      driver = world.driver;
      await driver.prepare();
    });
    after(() => world?.dispose());

    const io = async (volume: Stored, command: string): Promise<string> => {
      await using _held = await driver.use(volume);
      return (await exec("qemu-io", ["-f", volume.format, "-c", command, volume.path])).stdout;
    };
    const write = (volume: Stored, pattern: number, at: number, length: number) =>
      io(volume, `write -P ${pattern} ${at} ${length}`);
    /** qemu-io prints what it found otherwise and ends well all the same. */
    const holds = async (volume: Stored, pattern: number, at: number, length: number): Promise<boolean> =>
      !(await io(volume, `read -P ${pattern} ${at} ${length}`)).includes("Pattern verification failed");
    const sizeOf = async (volume: Stored): Promise<number> => {
      await using _held = await driver.use(volume);
      const { stdout } = await exec("qemu-img", ["info", "--output=json", "-f", volume.format, volume.path]);
      return (JSON.parse(stdout) as { "virtual-size": number })["virtual-size"];
    };

    it("can be prepared again, and used", async () => {
      await driver.prepare();
      await driver.check();
      const { size, free, reflink } = await driver.space();
      assert.ok(size > 0 && free > 0 && free <= size);
      assert.equal(reflink, world.reflink);
    });

    it("takes no name that leads elsewhere", () => {
      for (const bad of ["", "../x", "a/b", "-x", "A", "a b", "a,b", "x".repeat(64)])
        assert.throws(() => driver.locate(bad, driver.formats[0]!), TypeError);
    });

    for (const format of ["qcow2", "raw"] as const satisfies readonly DiskFormat[])
      describe(`with a volume as ${format}`, () => {
        const able = () => driver.formats.includes(format);

        it("makes it empty, where it says, taking next to nothing", async (t) => {
          if (!able()) return t.skip("it does not keep that");
          const volume = await driver.create(`new-${format}`, format, 64 * MiB);
          assert.equal(volume.path, driver.locate(`new-${format}`, format));
          assert.equal(await sizeOf(volume), 64 * MiB);
          assert.ok(await holds(volume, 0, 0, 64 * MiB));
          assert.ok((await driver.used([volume]))[0]! < 2 * MiB);
          await driver.remove(volume);
        });

        it("grows it, and loses nothing", async (t) => {
          if (!able()) return t.skip("it does not keep that");
          const volume = await driver.create(`grown-${format}`, format, 8 * MiB);
          await write(volume, 7, 0, 8 * MiB);
          await driver.grow(volume, 16 * MiB);
          assert.equal(await sizeOf(volume), 16 * MiB);
          assert.ok((await holds(volume, 7, 0, 8 * MiB)) && (await holds(volume, 0, 8 * MiB, 8 * MiB)));
          assert.ok((await driver.used([volume]))[0]! >= 8 * MiB);
          await driver.remove(volume);
        });

        it("clones it into one that is another from then on", async (t) => {
          if (!able()) return t.skip("it does not keep that");
          const volume = await driver.create(`origin-${format}`, format, 16 * MiB);
          await write(volume, 1, 0, 4 * MiB);
          const clone = await driver.clone(volume, `clone-${format}`);
          assert.equal(clone.how, world.reflink ? "shared" : "copied");
          await write(volume, 2, 0, MiB);
          await write(clone, 3, MiB, MiB);
          assert.ok((await holds(clone, 1, 0, MiB)) && (await holds(clone, 3, MiB, MiB)));
          assert.ok((await holds(volume, 2, 0, MiB)) && (await holds(volume, 1, MiB, 3 * MiB)));
          await driver.remove(volume);
          assert.ok(await holds(clone, 1, 2 * MiB, 2 * MiB));
          await driver.remove(clone);
        });

        it("removes it once and for all", async (t) => {
          if (!able()) return t.skip("it does not keep that");
          const volume = await driver.create(`gone-${format}`, format, MiB);
          const other = await driver.create(`kept-${format}`, format, MiB);
          await driver.remove(volume);
          await driver.remove(volume);
          const [gone, kept] = await driver.used([volume, other]);
          assert.equal(gone, 0);
          assert.ok(kept! >= 0);
          await assert.rejects(sizeOf(volume));
          assert.equal(await sizeOf(other), MiB);
          await driver.remove(other);
        });
      });

    it("says so when it cannot be used any more, before anything is written to what is left", async () => {
      await world.break();
      await assert.rejects(driver.check(), PoolTrouble);
    });
  });
}
