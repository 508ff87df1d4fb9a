/** Does a host keep its cluster's state in an etcd of the user's, and stay as it was where that cannot be? */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { tinyMemory } from "../vm/daemon.ts";
import type { Host } from "./hosts/host.ts";
import { Hosts } from "./hosts/hosts.ts";

const skip = process.geteuid?.() !== 0 && "it takes root to make hosts";
const url = "http://127.0.0.1:2379";

describe("a host with an etcd of the user's", { skip }, () => {
  let hosts: Hosts;
  let host: Host;
  let pid: number | undefined;
  before(async () => {
    hosts = await Hosts.start(1, { disk: 2 ** 30 });
    [host] = hosts.all as [Host];
    const body = { image: "tiny", name: "web", memory: tinyMemory };
    await host.client.waitFor(await host.client.call("guestCreate", { body }));
    pid = (await host.client.call("guestGet", { params: { guest: "web" } })).pid;
  });
  after(() => hosts?.[Symbol.asyncDispose]());

  const requireRunning = async () => {
    const guest = await host.client.call("guestGet", { params: { guest: "web" } });
    assert.deepEqual([guest.state, guest.pid], ["running", pid]);
  };

  it("is as it was where nobody answers there", async () => {
    const { code, stderr } = await host.lodge(["cluster", "init", "--etcd", url]);
    assert.notEqual(code, 0);
    assert.match(stderr, /127\.0\.0\.1:2379/);
    assert.equal((await host.client.call("clusterGet")).state, "alone");
    assert.equal(existsSync(host.namespace.outside(join(host.home, "cluster"))), false);
    await requireRunning();
  });

  it("keeps its state there, its guest running", async () => {
    const folder = join(host.home, "own-etcd");
    const flags = [`--listen-client-urls=${url}`, `--advertise-client-urls=${url}`, "--max-txn-ops=256"];
    await host.namespace.detach(["etcd", `--data-dir=${folder}`, ...flags], { stdio: "ignore" });
    const { code, stderr } = await host.lodge(["cluster", "init", "--etcd", url]);
    assert.equal(code, 0, stderr);
    const status = await host.client.call("clusterGet");
    assert.deepEqual([status.state, status.external, status.voters], ["well", true, 0]);
    await requireRunning();
    assert.equal(host.processes((argv) => argv[0] === "etcd").length, 1);
  });
});
