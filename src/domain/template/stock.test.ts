import assert from "node:assert/strict";
import { readFile, rm } from "node:fs/promises";
import { afterEach, beforeEach, describe, it } from "node:test";
import { isAlive } from "#base/process";
import { MemoryStore } from "#durable/store/memory";
import { isRamSealed, releaseRam } from "#hypervisor/memory/held-ram";
import { interrupted, TemplateWorld } from "../../../test/fakes/template-world.ts";
import { guestKey } from "../guest/record.ts";
import { templateKey, templateUseKey } from "./record.ts";
import { survey } from "./survey.ts";

const MiB = 1048576;
const early = "2026-01-02T00:00:00Z";
const late = "2026-01-09T00:00:00Z";

describe("the stock of templates", () => {
  let world: TemplateWorld;
  beforeEach(async () => {
    world = await TemplateWorld.make(new MemoryStore());
  });
  afterEach(() => world.dispose());

  const maps = (template: string) => ({
    state: "running" as const,
    process: { pid: 1, startTime: "", accelerator: "tcg", ram: { kind: "template", template } } as const,
  });
  const states = async () =>
    Object.fromEntries(
      (await survey(world.store)).map(({ id, state, record }) => [id, [state, !!record.holder]]),
    );

  it("lets the memory of the one that was not used for longest go, and reads it back for the next fork", async () => {
    const a = await world.park("ta", 2, { usedAt: late });
    const b = await world.park("tb", 2, { usedAt: early });
    world.budget = { memory: 5 * MiB, disk: 100 * MiB };
    const stock = world.stock();
    await stock.makeRoom({ resident: 2 * MiB, stored: 0 });
    assert.deepEqual(await states(), { ta: ["parked", true], tb: ["evicted", false] });
    assert.deepEqual([isAlive(a.holder!), isAlive(b.holder!)], [true, false]);
    world.budget = { memory: 3 * MiB, disk: 100 * MiB };
    await world.fork("tb", "g1");
    const back = await stock.parked("tb");
    assert.ok(isRamSealed(back.holder));
    assert.equal((await readFile(`/proc/${back.holder.pid}/fd/3`)).subarray(0, 4).toString(), "tbtb");
    assert.deepEqual(await states(), { ta: ["evicted", false], tb: ["parked", true] });
    assert.deepEqual(
      world.events.map(({ kind }) => kind),
      ["template.evicted", "template.evicted", "template.refilled"],
    );
  });

  it("is asked twice at once for one that is not in memory, and reads it back once", async () => {
    await world.park("ta");
    const stock = world.stock();
    await stock.release(1, "a test says so");
    await world.fork("ta", "g1");
    const [one, other] = await Promise.all([stock.parked("ta"), stock.parked("ta")]);
    assert.deepEqual(one, other);
  });

  it("a template whose holder was killed is read back too", async () => {
    const { holder } = await world.park("ta");
    await releaseRam(holder!);
    await world.fork("ta", "g1");
    assert.ok(isAlive((await world.stock().parked("ta")).holder));
  });

  it("what can never fit is refused with both figures, and nobody goes for it", async () => {
    await world.park("ta");
    await world.park("tb");
    await world.fork("ta", "g1");
    await world.become("g1", maps("ta"));
    world.budget = { memory: 3 * MiB, disk: 100 * MiB };
    await assert.rejects(world.stock().makeRoom({ resident: 3 * MiB, stored: 0 }), {
      code: "template.budget",
      message: /needs 3 MiB of memory, and 2 MiB /,
    });
    world.budget = { memory: 3 * MiB, disk: 4 * MiB };
    await assert.rejects(world.stock().makeRoom({ resident: 0, stored: 10 * MiB }), {
      code: "template.budget",
      message: /needs 10 MiB of disk/,
    });
    assert.deepEqual(await states(), { ta: ["parked", true], tb: ["parked", true] });
  });

  it("too much disk removes one that nobody uses, with everything it had", async () => {
    await world.park("ta", 1, { usedAt: late });
    const b = await world.park("tb", 1, { usedAt: early });
    world.budget = { memory: 100 * MiB, disk: 2 * MiB };
    await world.stock().enforce();
    assert.equal(await world.template("tb"), undefined);
    assert.equal(isAlive(b.holder!), false);
    assert.deepEqual(await world.files(), ["lta.qcow2", "ta", "ta/ram", "ta/state"]);
    assert.equal(world.gone, 1);
  });

  it("a lowered budget is kept to only as far as guests let it", async () => {
    await world.park("ta");
    await world.fork("ta", "g1");
    await world.become("g1", maps("ta"));
    world.budget = { memory: 0, disk: 0 };
    const stock = world.stock();
    await stock.enforce();
    assert.deepEqual(await states(), { ta: ["parked", true] });
    await world.become("g1", { state: "stopped", process: undefined as never });
    await stock.enforce();
    assert.deepEqual(await states(), { ta: ["evicted", false] });
    await world.store.transact({ delete: [guestKey("g1")] });
    await stock.enforce();
    assert.deepEqual(await states(), {});
  });

  it("a stale one keeps counting until its last guest is gone, part by part", async () => {
    const { holder, stored } = await world.park("ta");
    const stock = world.stock();
    await world.fork("ta", "g1");
    await stock.retire("ta", "QEMU was changed");
    await stock.collect();
    // The guest is being made: it may be about to open all of it.
    assert.ok(isAlive(holder!));
    assert.deepEqual((await world.files()).slice(-3), ["ta", "ta/ram", "ta/state"]);
    assert.deepEqual(await stock.parked("ta"), { holder, state: (await world.template("ta"))!.stateFile });

    await world.become("g1", maps("ta"));
    await stock.collect();
    const [mapped] = await survey(world.store);
    assert.ok(isAlive(holder!));
    assert.equal(mapped!.resident, MiB);
    assert.ok(mapped!.stored < stored && mapped!.stored > 0);
    assert.deepEqual(await world.files(), ["lg1.qcow2", "lta.qcow2"]);

    await world.become("g1", { state: "stopped", process: undefined as never });
    await stock.collect();
    assert.equal(isAlive(holder!), false);
    assert.equal((await survey(world.store))[0]!.resident, 0);

    await world.store.transact({ delete: [guestKey("g1")] });
    await stock.collect();
    assert.equal(await world.template("ta"), undefined);
    assert.equal(await world.store.get(templateUseKey("ta")), undefined);
    assert.deepEqual(await world.files(), []);
  });

  it("a stale one that is to have a successor stays on record until that has begun", async () => {
    await world.park("ta");
    const stock = world.stock();
    await stock.retire("ta", "QEMU was changed", true);
    await stock.collect();
    assert.deepEqual(await world.files(), ["lta.qcow2"]);
    await stock.forgetSuccessor("ta");
    await stock.collect();
    assert.equal(await world.template("ta"), undefined);
  });

  it("one whose file is gone is retired by the fork that finds it so", async () => {
    const { ramFile } = await world.park("ta");
    const stock = world.stock();
    await stock.release(1, "a test says so");
    await rm(ramFile);
    await world.fork("ta", "g1");
    await assert.rejects(stock.parked("ta"), { code: "host.command_failed" });
    const { state, reason, succeed } = (await world.template("ta"))!;
    assert.deepEqual([state, reason, succeed], ["stale", "its files are gone", true]);
  });

  describe("when a fork is recorded at the same moment", () => {
    const moments = ["before", "after"] as const;
    /** As `run` does it: only if the template's record is the one it was chosen by. */
    const fork = async (guest: string) => {
      const item = await world.store.get(templateKey("ta"));
      await world.store.transact({
        compare: [{ key: item!.key, revision: item!.revision }],
        put: world.forkOf("ta", guest),
      });
    };

    for (const moment of moments)
      it(`${moment} it is marked as evicted, the fork finds its memory`, async () => {
        await world.park("ta");
        const stock = world.stock(
          interrupted(world.store, templateKey("ta"), { [moment]: () => fork("g1") }),
        );
        assert.equal(await stock.release(1, "a test says so"), 0);
        const { holder } = await stock.parked("ta");
        assert.ok(isAlive(holder));
        assert.deepEqual(await states(), { ta: ["parked", true] });
      });

    it("before it is made stale, the fork finds its memory and files; and none is recorded behind it", async () => {
      const { holder } = await world.park("ta");
      const chosen = await world.store.get(templateKey("ta"));
      const stock = world.stock(interrupted(world.store, templateKey("ta"), { before: () => fork("g1") }));
      await stock.retire("ta", "a test says so");
      await stock.collect();
      assert.deepEqual((await stock.parked("ta")).holder, holder);
      assert.ok((await world.files()).includes("ta/state"));
      const compare = [{ key: chosen!.key, revision: chosen!.revision }];
      await assert.rejects(world.store.transact({ compare, put: world.forkOf("ta", "g2") }), {
        code: "store.conflict",
      });
    });
  });
});
