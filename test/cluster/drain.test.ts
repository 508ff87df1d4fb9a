/** Does a host that is drained give away what runs on it, and get it back, while it runs? */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { tinyMemory } from "../vm/daemon.ts";
import { formCluster } from "./hosts/formed.ts";
import type { Host } from "./hosts/host.ts";
import { Hosts } from "./hosts/hosts.ts";

const skip = process.geteuid?.() !== 0 && "it takes root to make hosts";

describe("a host that is drained", { skip }, () => {
  let hosts: Hosts;
  let [h1, h2]: Host[] = [];
  before(async () => {
    hosts = await Hosts.start(2, { disk: 2 ** 30, bare: true });
    await formCluster(hosts);
    await Promise.all(hosts.all.map((host) => host.startDaemon()));
    [h1, h2] = hosts.all;
    await h1!.client.call("networkUnderlaySet", { body: { kind: "trusted" } });
    const memory = `${tinyMemory / 2 ** 20}M`;
    for (const name of ["one", "two"]) {
      const made = await h1!.lodge(["run", "tiny", "--host", "h1", "--name", name, "--memory", memory]);
      assert.equal(made.code, 0, made.stderr);
    }
    await inside("one", "echo here >/dev/shm/mark");
  });
  after(() => hosts?.[Symbol.asyncDispose]());

  const inside = async (guest: string, script: string) => {
    const { code, stdout, stderr } = await h1!.lodge(["exec", guest, "--", "sh", "-c", script]);
    assert.equal(code, 0, stderr);
    return stdout.trim();
  };
  const where = async () =>
    (await h2!.client.call("guestList"))
      .map(({ name, host, state }) => `${name} ${state} on ${host}`)
      .toSorted();

  it("says first where each guest would go", async () => {
    const { code, stdout } = await h2!.lodge(["host", "drain", "h1", "--check"]);
    assert.equal(code, 0, stdout);
    assert.match(stdout, /one +h2 +while it runs/);
    assert.match(stdout, /two +h2 +while it runs/);
    assert.deepEqual(await where(), ["one running on h1", "two running on h1"]);
  });

  it("has no guests afterwards, and they have run on; nobody comes to it", async () => {
    const { code, stderr } = await h2!.lodge(["host", "drain", "h1"]);
    assert.equal(code, 0, stderr);
    assert.deepEqual(await where(), ["one running on h2", "two running on h2"]);
    assert.equal(await inside("one", "cat /dev/shm/mark"), "here");
    const refused = await h2!.lodge(["host", "drain", "h2", "--check"]);
    assert.notEqual(refused.code, 0, "there is nowhere to go");
    assert.match(refused.stdout + refused.stderr, /one stays: /);
  });

  it("gets them back once it is resumed, and they have run on", async () => {
    const { code, stderr } = await h1!.lodge(["host", "resume", "h1"]);
    assert.equal(code, 0, stderr);
    assert.deepEqual(await where(), ["one running on h1", "two running on h1"]);
    assert.equal(await inside("one", "cat /dev/shm/mark"), "here");
  });
});
