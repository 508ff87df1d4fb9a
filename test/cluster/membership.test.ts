/** Do hosts become one cluster by what is typed on them, keep its state together, and part again? */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Client } from "#client/client";
import type { Schemas } from "#contract/schemas";
import { tinyMemory } from "../vm/daemon.ts";
import { eventually } from "../vm/net/machine.ts";
import type { Host } from "./hosts/host.ts";
import { Hosts } from "./hosts/hosts.ts";

const skip = process.geteuid?.() !== 0 && "it takes root to make hosts";

const status = (client: Client): Promise<Schemas["ClusterStatus"]> => client.call("clusterGet");
const names = async (client: Client): Promise<string[]> =>
  (await client.call("clusterHosts")).map(({ name }) => name);

/** What the command printed; it has to end well. */
async function typed(host: Host, ...words: string[]): Promise<string> {
  const { code, stdout, stderr } = await host.lodge(words);
  assert.equal(code, 0, `${host.name}: lodge ${words.join(" ")}\n${stdout}${stderr}\n${await host.log()}`);
  return stdout;
}

/** Types the line that the other host prints. */
async function join(host: Host, at: Host): Promise<void> {
  const line = (await typed(at, "cluster", "token")).trim().split(" ");
  assert.deepEqual(line.slice(0, 3), ["lodge", "cluster", "join"]);
  await typed(host, ...line.slice(1));
}

const voters = async (client: Client, count: number): Promise<void> =>
  eventually(async () => assert.equal((await status(client)).voters, count));

describe("three hosts", { skip }, () => {
  let hosts: Hosts;
  let h1: Host;
  let h2: Host;
  let h3: Host;
  before(async () => {
    hosts = await Hosts.start(3, { disk: 2 ** 30 });
    [h1, h2, h3] = hosts.all as [Host, Host, Host];
  });
  after(() => hosts?.[Symbol.asyncDispose]());

  it("begin as one, while a guest runs on", async () => {
    const body = { image: "tiny", name: "web", memory: tinyMemory, cold: true };
    await h1.client.waitFor(await h1.client.call("guestCreate", { body }));
    const { pid } = await h1.client.call("guestGet", { params: { guest: "web" } });
    await typed(h1, "cluster", "init");
    const guest = await h1.client.call("guestGet", { params: { guest: "web" } });
    assert.deepEqual([guest.state, guest.pid], ["running", pid]);
    assert.equal((await status(h1.client)).state, "well");
    const again = await h1.lodge(["cluster", "init"]);
    assert.match(again.stderr, /in a cluster already/);
  });

  it("take others in by what one prints and another types, and keep the state together", async () => {
    await join(h2, h1);
    await join(h3, h2);
    for (const { client } of hosts.all) assert.deepEqual(await names(client), ["h1", "h2", "h3"]);
    await voters(h1.client, 3);
    await eventually(async () => assert.equal((await status(h3.client)).state, "well"));
    const guests = await h3.client.call("guestList");
    assert.deepEqual(
      guests.map(({ name }) => name),
      ["web"],
    );
  });

  it("answer for each other", async () => {
    const logs = await h3.client.call("guestLogs", { params: { guest: "web" }, query: { source: "serial" } });
    assert.ok(logs.length > 0);
  });

  it("say who does not answer, and go on changing things without it", async () => {
    await h3.endDaemon();
    await eventually(async () => {
      const found = await status(h1.client);
      assert.equal(found.state, "weakened");
      assert.match(found.says[0]!, /h3 does not answer/);
    });
    await h2.client.call("projectCreate", { body: { name: "shop" } });
    assert.ok((await h1.client.call("projectList")).some(({ name }) => name === "shop"));
    await h3.startDaemon();
    await eventually(async () => assert.equal((await status(h1.client)).state, "well"));
  });

  it("say clearly that nothing can be changed where too few are left, and run on", async () => {
    await typed(h2, "run", "tiny", "--name", "far", "--host", "h2", "--no-start");
    for (const host of [h2, h3]) await host.pause();
    const found = await status(h1.client);
    assert.equal(found.state, "stopped");
    const refused = await h1.lodge(["project", "create", "more"]);
    assert.notEqual(refused.code, 0);
    assert.match(refused.stderr, /quorum|stopped answering/);
    // From now on it is known, and nobody waits.
    const again = await h1.lodge(["pause", "web"]);
    assert.match(again.stderr, /no quorum[^]*What runs goes on[^]*lodge cluster status/);
    const far = await h1.lodge(["stop", "far"]);
    assert.notEqual(far.code, 0);
    const listed = await h1.lodge(["cluster", "ls"]);
    assert.match(listed.stdout, /h1[^]*answers[^]*h2[^]*answered at \d\d:\d\d:\d\d/);
    assert.match(listed.stderr, /as known at \d\d:\d\d:\d\d/);
    assert.match((await h1.lodge(["ls"])).stderr, /as known at/);
    assert.equal(h1.processes((argv) => /qemu-system/.test(argv[0] ?? "")).length > 0, true);
    for (const host of [h2, h3]) await host.unpause();
    await eventually(async () => assert.equal((await status(h1.client)).state, "well"));
    assert.equal((await h1.lodge(["cluster", "ls"])).stderr, "");
    await typed(h1, "rm", "far", "--force");
  });

  it("let a host go that has nothing of its own, and refuse one that has", async () => {
    const stays = await h3.lodge(["uninstall", "--yes"]);
    assert.match(stays.stderr, /in a cluster with h1, h2/);
    const kept = await h1.lodge(["cluster", "leave"]);
    assert.match(kept.stderr, /a guest, which would be lost/);
    await typed(h3, "cluster", "leave");
    assert.equal((await status(h3.client)).state, "alone");
    assert.deepEqual(await names(h1.client), ["h1", "h2"]);
    await eventually(async () => assert.equal((await status(h1.client)).voters, 1));
  });

  it("begin anew from a backup where a majority is lost", async () => {
    await join(h3, h1);
    await voters(h1.client, 3);
    const file = `${h1.home}/backup`;
    await typed(h1, "cluster", "backup", file);
    await h1.client.call("projectCreate", { body: { name: "late" } });
    for (const host of [h2, h3]) await host.crash();
    assert.equal((await status(h1.client)).state, "stopped");
    const { pid } = await h1.client.call("guestGet", { params: { guest: "web" } });
    await typed(h1, "cluster", "restore", file, "--yes");
    assert.equal((await status(h1.client)).voters, 1);
    assert.ok((await h1.client.call("projectList")).every(({ name }) => name !== "late"));
    const guest = await h1.client.call("guestGet", { params: { guest: "web" } });
    assert.deepEqual([guest.state, guest.pid], ["running", pid]);
    for (const host of [h2, h3]) {
      await host.boot();
      await host.startDaemon();
    }
    await voters(h1.client, 3);
    await eventually(async () => assert.equal((await status(h2.client)).state, "well"));
  });

  it("take out a host that does not come back", async () => {
    await h2.crash();
    const refused = await h1.lodge(["cluster", "remove", "h1"]);
    assert.match(refused.stderr, /is this host/);
    await typed(h1, "cluster", "remove", "h2");
    assert.deepEqual(await names(h1.client), ["h1", "h3"]);
    await h2.boot();
    await h2.beginDaemon();
    await eventually(async () => assert.match(await h2.log(), /may change nothing any more/));
  });
});
