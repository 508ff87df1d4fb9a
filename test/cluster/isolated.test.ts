/** Are hosts that have nothing to do with each other apart, and do they suffer what a test does to them? */
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { basename } from "node:path";
import { after, before, describe, it } from "node:test";
import { exec } from "#base/exec";
import { isAlive } from "#base/process";
import type { Client } from "#client/client";
import { tinyMemory } from "../vm/daemon.ts";
import { eventually } from "../vm/net/machine.ts";
import type { Host } from "./hosts/host.ts";
import { Hosts } from "./hosts/hosts.ts";
import { between } from "./hosts/switch.ts";

const skip = process.geteuid?.() !== 0 && "it takes root to make hosts";

async function make(client: Client, name: string): Promise<void> {
  const create = await client.call("guestCreate", { body: { image: "tiny", name, memory: tinyMemory } });
  await client.waitFor(create);
}

const reaches = (from: Host, to: Host): Promise<boolean> =>
  from.run(["ping", "-c", "1", "-W", "1", to.address]).then(
    () => true,
    () => false,
  );

describe("three hosts on one machine", { skip }, () => {
  let hosts: Hosts;
  let [h1, h2, h3]: Host[] = [];
  before(async () => {
    hosts = await Hosts.start(3, { disk: 2 ** 30 });
    [h1, h2, h3] = hosts.all;
  });
  after(() => hosts?.[Symbol.asyncDispose]());

  it("have names, tags and a network of their own, and nothing in this machine's", async () => {
    const told = await Promise.all(hosts.all.map(({ client }) => client.call("hostGet")));
    assert.equal(new Set(told.map(({ tag }) => tag)).size, 3);
    assert.deepEqual(
      await Promise.all(hosts.all.map(async (host) => (await host.run(["hostname"])).trim())),
      ["h1", "h2", "h3"],
    );
    const links = (await exec("ip", ["-br", "link"])).stdout;
    for (const { tag } of told) assert.ok(!links.includes(`ldg${tag}`), links);
    const mounts = (await exec("cat", ["/proc/self/mountinfo"])).stdout;
    assert.ok(!mounts.includes(hosts.folder), mounts);
  });

  it("run guests of their own, which answer their own host alone", async () => {
    await Promise.all([make(h1!.client, "one"), make(h2!.client, "two")]);
    const [one] = await h1!.client.call("guestList");
    assert.deepEqual([one?.name, one?.state], ["one", "running"]);
    assert.deepEqual(await h3!.client.call("guestList"), []);
    await h1!.run(["ping", "-c", "1", "-w", "30", one!.nics[0]!.address!]);
    const { code, stdout } = await h2!.lodge(["ls"]);
    assert.equal(code, 0);
    assert.match(stdout, /^two\s/m);
  });

  it("lose each other by a cable that is cut, one way too, and find each other again", async () => {
    assert.ok(await reaches(h1!, h2!));
    await hosts.cables.cut([["h1", "h2"]]);
    assert.ok(!(await reaches(h1!, h2!)));
    assert.ok(!(await reaches(h2!, h1!)), "the answer came through");
    assert.ok(await reaches(h1!, h3!));
    await hosts.cables.cut(between(["h1"], ["h2", "h3"]));
    assert.ok(!(await reaches(h3!, h1!)));
    await hosts.cables.heal(between(["h1"], ["h2", "h3"]));
    await hosts.cables.carrier("h3", false);
    assert.ok(!(await reaches(h1!, h3!)));
    await hosts.cables.carrier("h3", true);
    await eventually(async () => assert.ok(await reaches(h1!, h3!)));
    await hosts.cables.rate(h1!.namespace, "h1", 64 * 1024);
    const took = await h1!.run(["ping", "-c", "3", "-i", "0.2", "-s", "30000", "-w", "20", h2!.address]);
    // 30 kB each way at 64 kB/s, where a cable without a limit takes less than a millisecond.
    assert.ok(Number(/min\/avg\/max\/mdev = [\d.]+\/([\d.]+)/.exec(took)?.[1]) > 100, took);
    await hosts.cables.rate(h1!.namespace, "h1");
  });

  it("keep their guests when their daemon is killed", async () => {
    const { daemon } = h1!;
    const [{ pid } = {}] = await h1!.client.call("guestList");
    await h1!.endDaemon();
    assert.ok(!isAlive(daemon!));
    assert.equal(h1!.processes((argv) => argv[0]!.includes("qemu-system")).length, 1);
    await h1!.startDaemon();
    const [found] = await h1!.client.call("guestList");
    assert.deepEqual([found?.state, found?.pid], ["running", pid]);
  });

  it("stand still as a whole, and go on", async () => {
    await h2!.pause();
    const states = await Promise.all(
      h2!.processes().map(({ ref }) => exec("ps", ["-o", "stat=", "-p", String(ref.pid)])),
    );
    assert.ok(states.length > 2);
    for (const { stdout } of states) assert.match(stdout, /^T/);
    await h2!.unpause();
    assert.equal((await h2!.client.call("guestGet", { params: { guest: "two" } })).state, "running");
  });

  it("have clocks of their own", async () => {
    const day = 86_400_000;
    await h3!.shiftClock(day);
    await eventually(async () => {
      const body = { name: `f${performance.now().toFixed(0)}` };
      const { createdAt } = await h3!.client.call("firewallCreate", { body });
      assert.ok(Date.parse(createdAt) > Date.now() + day / 2, createdAt);
    });
    await h3!.shiftClock(0);
  });

  it("have disks that are full without this machine's being so", async () => {
    await h3!.fill();
    const create = h3!.client.call("guestCreate", {
      body: { image: "tiny", name: "no", memory: tinyMemory },
    });
    await assert.rejects(create.then((operation) => h3!.client.waitFor(operation)));
    await h3!.unfill();
    await make(h3!.client, "three");
  });

  it("end at once, and come back over what is on their disk", async () => {
    await h1!.crash();
    assert.ok(!(await reaches(h2!, h1!)));
    await h1!.boot();
    await h1!.startDaemon();
    const found = await h1!.client.call("guestGet", { params: { guest: "one" } });
    assert.notEqual(found.state, "running", "a guest survived the loss of its host's power");
  });

  it("leave nothing", async () => {
    const more = await Hosts.start(1, { bare: true });
    const name = basename(more.folder);
    assert.ok(readdirSync("/tmp").includes(name));
    await more[Symbol.asyncDispose]();
    assert.ok(!readdirSync("/tmp").includes(name));
  });
});
