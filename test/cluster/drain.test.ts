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
  /** So much that two guests are on their way while it is copied. */
  const extent = "bs=1M count=160";
  const sum = `echo 3 >/proc/sys/vm/drop_caches; dd if=/dev/vda ${extent} skip=16 2>/dev/null | md5sum`;
  let written = "";
  before(async () => {
    hosts = await Hosts.start(2, { disk: 2 ** 30, bare: true });
    await formCluster(hosts);
    await Promise.all(hosts.all.map((host) => host.startDaemon()));
    [h1, h2] = hosts.all;
    await h1!.client.call("networkUnderlaySet", { body: { kind: "trusted" } });
    const memory = `${tinyMemory / 2 ** 20}M`;
    await typed(
      "run",
      "tiny",
      "--host",
      "h1",
      "--name",
      "one",
      "--memory",
      memory,
      "--disk",
      "256M",
      "--cold",
    );
    written = await inside(
      "one",
      `dd if=/dev/urandom of=/dev/vda ${extent} seek=16 2>/dev/null; sync; ${sum}`,
    );
    // Both stand on what was written until now.
    await typed("fork", "one", "--name", "two");
    await inside("one", "echo here >/dev/shm/mark");
  });
  after(() => hosts?.[Symbol.asyncDispose]());

  const typed = async (...words: string[]) => {
    const { code, stderr } = await h1!.lodge(words);
    assert.equal(code, 0, stderr);
  };
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
    for (const guest of ["one", "two"]) assert.equal(await inside(guest, sum), written);
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
