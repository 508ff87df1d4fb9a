/** Is a cluster upgraded host by host while its guests run, with hosts of both versions in it meanwhile? */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { wire } from "#contract/wire";
import { tinyMemory } from "../vm/daemon.ts";
import { eventually } from "../vm/net/machine.ts";
import { formCluster } from "./hosts/formed.ts";
import type { Host } from "./hosts/host.ts";
import { Hosts } from "./hosts/hosts.ts";
import { otherLodge, thisLodge } from "./hosts/versions.ts";

const skip = process.geteuid?.() !== 0 && "it takes root to make hosts";

describe("a cluster that is upgraded", { skip }, () => {
  let hosts: Hosts;
  let [h1, h2] = [] as unknown as [Host, Host];
  let older: string;
  before(async () => {
    hosts = await Hosts.start(2, { disk: 2 ** 30, bare: true });
    [h1, h2] = hosts.all as [Host, Host];
    older = await otherLodge(hosts.folder, -1);
    for (const host of hosts.all) host.install(older);
    await formCluster(hosts);
    await Promise.all(hosts.all.map((host) => host.startDaemon()));
    await h1.client.call("networkUnderlaySet", { body: { kind: "trusted" } });
    const memory = `${tinyMemory / 2 ** 20}M`;
    await typed(h1, "run", "tiny", "--host", "h1", "--name", "web", "--memory", memory);
    await inside("echo kept >/dev/shm/kept");
  });
  after(() => hosts?.[Symbol.asyncDispose]());

  async function typed(host: Host, ...words: string[]): Promise<string> {
    const { code, stdout, stderr } = await host.lodge(words);
    assert.equal(code, 0, `${host.name}: lodge ${words.join(" ")}\n${stdout}${stderr}\n${await host.log()}`);
    return stdout;
  }
  const inside = (script: string) => typed(h1, "exec", "web", "--", "sh", "-c", script);
  /** It runs there, as the one that was started first. */
  const runsOn = async (name: string) => {
    await eventually(async () => {
      for (const { client } of hosts.all) {
        const { state, host } = await client.call("guestGet", { params: { guest: "web" } });
        assert.deepEqual([state, host], ["running", name]);
      }
    });
    assert.equal((await inside("cat /dev/shm/kept")).trim(), "kept");
  };
  const says = async (host: Host) => (await host.client.call("clusterGet")).says.join("\n");
  const speak = async () => (await h1.client.call("clusterHosts")).map((host) => host.wire);

  async function upgrade(host: Host, other: Host): Promise<void> {
    await typed(other, "host", "drain", host.name);
    await runsOn(other.name);
    await host.endDaemon("SIGTERM");
    host.install(thisLodge);
    await host.startDaemon();
    await typed(other, "host", "resume", host.name);
  }

  /** Its daemon does not come to do anything, and says why. */
  async function isRefused(host: Host, lodge: string, why: RegExp): Promise<void> {
    await host.endDaemon("SIGTERM");
    const before = (await host.log()).length;
    host.install(lodge);
    await host.beginDaemon();
    await eventually(async () => {
      assert.match((await host.log()).slice(before), why);
      assert.equal(host.daemon, undefined);
    });
  }

  it("gives one host the new version while its guest is on the other, and gets it back", async () => {
    await upgrade(h1, h2);
    await runsOn("h1");
    assert.deepEqual(await speak(), [wire, wire - 1]);
  });

  it("keeps its records as the old one has them meanwhile, and says so on both", async () => {
    const kept = new RegExp(`as version ${wire - 1} has them, until h2 is upgraded too`);
    for (const host of hosts.all) assert.match(await says(host), kept);
  });

  it("moves a guest from the new version to the old one and back, asked at either", async () => {
    await typed(h1, "move", "web", "--to", "h2");
    await runsOn("h2");
    await typed(h2, "move", "web", "--to", "h1");
    await runsOn("h1");
  });

  it("refuses a host that skips a version, which goes on as it was", async () => {
    const newer = await otherLodge(hosts.folder, 1);
    await isRefused(h2, newer, /it skips one/);
    assert.deepEqual(await speak(), [wire, wire - 1]);
    h2.install(older);
    await h2.startDaemon();
    await runsOn("h1");
  });

  it("is of the new version once the last host is, and from then on no host goes back", async () => {
    await upgrade(h2, h1);
    await eventually(async () => {
      for (const host of hosts.all) assert.doesNotMatch(await says(host), /as version/);
    });
    assert.deepEqual(await speak(), [wire, wire]);
    await isRefused(h2, older, /were upgraded/);
    h2.install(thisLodge);
    await h2.startDaemon();
    await typed(h1, "move", "web", "--to", "h2");
    await runsOn("h2");
  });
});
