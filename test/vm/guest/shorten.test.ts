/** Are chains of layers shortened under a running guest, in nobody's way and without losing a byte? */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { hasEnded, type Operation } from "#contract/operation";
import { chainLimit, longestChain } from "#domain/volume/chain";
import { TestLodge } from "../daemon.ts";
import { assertConsistent } from "./consistent.ts";
import { checkWritten, expectedSums, openLayers, stack, sums, writer } from "./stack.ts";

describe("a guest that is branched again and again", () => {
  let lodge: TestLodge;
  before(async () => {
    lodge = await TestLodge.start(undefined, { parked: false });
  });
  after(() => lodge?.[Symbol.asyncDispose]());

  /** A guest that runs on so many layers. */
  const guestOn = async (name: string, layers: number) => {
    await lodge.run({ name, start: false });
    await stack(lodge, name, layers);
    await start(name);
  };
  const start = (guest: string) => lodge.done(lodge.client.call("guestStart", { params: { guest } }));
  const branch = (guest: string, name: string) =>
    lodge.done(lodge.client.call("guestFork", { params: { guest }, body: { name } }));
  const shortenings = async (guest: string): Promise<Operation[]> => {
    const target = `guest:${(await lodge.guest(guest)).id}`;
    const all = await lodge.client.call("operationList", { query: { target, limit: 100 } });
    return all.filter(({ kind }) => kind === "guest.shorten");
  };
  /** Resolves to the shortening of a guest once it copies. */
  const copying = async (guest: string): Promise<Operation> => {
    for (;;) {
      const [latest] = await shortenings(guest);
      if (latest?.progress.message.startsWith("copying")) return latest;
      await delay(10);
    }
  };
  const operation = (id: string) => lodge.client.call("operationGet", { params: { operation: id } });
  /** Resolves once a guest stands on few layers, and nothing is under way any more. */
  const shortened = async (...names: string[]) => {
    for (const name of names)
      while ((await openLayers(lodge, name)).length > longestChain / 2) await delay(20);
    await lodge.idle();
  };
  /** Kills a guest's QEMU; resolves once that is noticed, and what it left is cleaned up. */
  const kill = async (name: string) => {
    const { id, pid } = await lodge.guest(name);
    process.kill(pid!, "SIGKILL");
    while ((await lodge.guest(name)).state !== "crashed") await delay(10);
    while (existsSync(join(lodge.paths.run, id))) await delay(10);
  };
  const check = async () => {
    await assertConsistent(lodge);
    await lodge.start();
  };

  it("stands on few layers again soon, and so do its branches; all read what was written, whenever", async () => {
    await guestOn("parent", longestChain);
    assert.deepEqual(await sums(lodge, "parent", longestChain), expectedSums(longestChain));
    assert.equal((await openLayers(lodge, "parent")).length, longestChain);
    await lodge.sh("parent", writer(longestChain - 1));
    await branch("parent", "child");
    await copying("parent");
    assert.deepEqual(await sums(lodge, "parent", longestChain), expectedSums(longestChain));
    await shortened("parent", "child");
    for (const name of ["parent", "child"]) {
      assert.deepEqual(await sums(lodge, name, longestChain), expectedSums(longestChain));
      assert.ok(Number(await lodge.sh(name, checkWritten)) > 1);
    }
    await lodge.remove("child");
    assert.ok((await readdir(join(lodge.home, "layers"))).length <= longestChain / 2);
    await check();
  });

  it("can be branched, and stopped, while layers are copied: that goes first, and then they are", async () => {
    await guestOn("busy", longestChain);
    await lodge.sh("busy", "true");
    await branch("busy", "one");
    const first = await copying("busy");
    await branch("busy", "two");
    assert.equal((await operation(first.id)).status, "cancelled");
    const second = await copying("busy");
    const stop = { params: { guest: "busy" }, body: { force: true } };
    await lodge.done(lodge.client.call("guestStop", stop));
    assert.equal((await operation(second.id)).status, "cancelled");
    await check();
    await start("busy");
    assert.deepEqual(await sums(lodge, "busy", longestChain), expectedSums(longestChain));
    await shortened("busy", "one", "two");
    for (const name of ["busy", "one", "two"]) {
      assert.deepEqual(await sums(lodge, name, longestChain), expectedSums(longestChain));
      await lodge.remove(name);
    }
    await check();
  });

  it("loses nothing when the daemon is killed meanwhile, nor when its QEMU is right afterwards", async () => {
    await guestOn("killed", longestChain + 1);
    const { id } = await copying("killed");
    await lodge.restart();
    while (!hasEnded(await operation(id))) await delay(10);
    await kill("killed");
    assert.equal((await operation(id)).status, "succeeded");
    await check();
    await start("killed");
    assert.deepEqual(await sums(lodge, "killed", longestChain + 1), expectedSums(longestChain + 1));
    await shortened("killed");
    await lodge.remove("killed");
  });

  it("that ends while layers are copied is left as it is, and is shortened when it runs again", async () => {
    await guestOn("brief", longestChain + 1);
    await copying("brief");
    await kill("brief");
    await check();
    await start("brief");
    await shortened("brief");
    assert.deepEqual(await sums(lodge, "brief", longestChain + 1), expectedSums(longestChain + 1));
    await lodge.remove("brief");
    await check();
  });

  it("faster than its layers can be copied: then the branch waits for it", async () => {
    await guestOn("hasty", chainLimit);
    await copying("hasty");
    await branch("hasty", "late");
    // One layer more than those that it was shortened to before.
    assert.ok((await openLayers(lodge, "hasty")).length <= longestChain / 2 + 1);
    const all = await shortenings("hasty");
    assert.equal(all.at(-1)!.status, "cancelled");
    assert.ok(all.some(({ status }) => status === "succeeded"));
    for (const name of ["hasty", "late"]) {
      assert.deepEqual(await sums(lodge, name, chainLimit), expectedSums(chainLimit));
      await lodge.remove(name);
    }
    await check();
  });
});
