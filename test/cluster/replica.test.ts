/** Does a guest on a local disk come back from its replica with each write that it was told is done, and from nothing less? */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { systemClock } from "#base/clock";
import { retry } from "#base/retry";
import { tinyMemory } from "../vm/daemon.ts";
import { writeInitrd } from "./checker/image.ts";
import { formCluster } from "./hosts/formed.ts";
import type { Host } from "./hosts/host.ts";
import { Hosts } from "./hosts/hosts.ts";
import type { Way } from "./hosts/switch.ts";

const skip = process.geteuid?.() !== 0 && "it takes root to make hosts";

/** What takes a lease's end, and a boot without KVM. */
const eventually = <T>(attempt: () => Promise<T>): Promise<T> =>
  retry(attempt, { clock: systemClock, first: 50, longest: 500, timeout: 60_000 });

const between = (a: string, b: string): Way[] => [
  [a, b],
  [b, a],
];

describe("a replica on a second host", { skip }, () => {
  let hosts: Hosts;
  let [h1, h2, h3] = [] as unknown as [Host, Host, Host];
  let id = "";
  before(async () => {
    hosts = await Hosts.start(3, { disk: 2 ** 30, bare: true, initrd: writeInitrd });
    [h1, h2, h3] = hosts.all as [Host, Host, Host];
    await formCluster(hosts);
    await Promise.all(hosts.all.map((host) => host.startDaemon()));
  });
  after(() => hosts?.[Symbol.asyncDispose]());

  const guest = async () => {
    const found = (await h3.client.call("guestList")).find(({ name }) => name === "web");
    assert.ok(found);
    return found;
  };
  const replicaIs = (state: "in-sync" | "behind", host: string) =>
    eventually(async () => {
      const { replica } = await guest();
      assert.deepEqual([replica?.state, replica?.host], [state, host], String(JSON.stringify(replica)));
    });
  /** Numbers of the records that it was told are on its disk, as it says by its serial port. */
  const told = async (host: Host): Promise<number> => {
    const log = host.namespace.outside(join(host.home, "guests", id, "serial.log"));
    const text = await readFile(log, "latin1").catch(() => "");
    return Math.max(-1, ...text.matchAll(/^rec (\d+) /gm).map(([, seq]) => Number(seq)));
  };
  const goesOn = async (host: Host) => {
    const before = await told(host);
    await eventually(async () => assert.ok((await told(host)) > before + 1, `at ${before}`));
  };
  const machines = (host: Host) =>
    host.isOn ? host.processes(([program]) => !!program?.includes("qemu-system")) : [];
  const ok = async (host: Host, ...words: string[]) => {
    const { code, stdout, stderr } = await host.lodge(words);
    assert.equal(code, 0, stderr);
    return stdout;
  };

  it("is made while the guest writes, and lets it be highly available once it is in sync", async () => {
    await ok(h1, "run", "tiny", "--host", "h1", "--name", "web", "--memory", `${tinyMemory / 2 ** 20}M`);
    ({ id } = await guest());
    assert.match((await h1.lodge(["set", "web", "--ha", "on"])).stderr, /lodge replica set web/);
    assert.match(await ok(h1, "replica", "set", "web", "--to", "h2"), /replica on h2, which is in sync/);
    assert.match(await ok(h3, "replica", "ls"), /web +h1 +h2 +in-sync/);
    await ok(h1, "set", "web", "--ha", "on");
    assert.match((await h1.lodge(["replica", "rm", "web"])).stderr, /--ha off/);
    await goesOn(h1);
  });

  it("is behind where the hosts are cut off from each other, while the guest goes on, and in sync again when they are not", async () => {
    await hosts.cables.cut(between("h1", "h2"));
    await replicaIs("behind", "h2");
    await goesOn(h1);
    assert.equal((await guest()).state, "running");
    await hosts.cables.heal(between("h1", "h2"));
    await replicaIs("in-sync", "h2");
  });

  it("is in sync again after the daemon of either host was killed", async () => {
    // Where its own host's daemon begins again too late, it would be taken over.
    await ok(h1, "set", "web", "--ha", "off");
    for (const host of [h2, h1]) {
      await host.endDaemon("SIGKILL");
      await host.startDaemon();
      await goesOn(h1);
      await replicaIs("in-sync", "h2");
    }
    await ok(h1, "set", "web", "--ha", "on");
  });

  it("is what the guest comes back from where its host is lost, with each write that it was told of", async () => {
    await goesOn(h1);
    const acknowledged = await told(h1);
    await h1.crash();
    await eventually(async () => {
      const { host, state } = await guest();
      assert.deepEqual([host, state], ["h2", "running"]);
    });
    await goesOn(h2);
    const records = (await ok(h2, "exec", "web", "--", "perl", "/etc/writer.pl", "dump")).trim().split("\n");
    assert.ok(records.length > acknowledged, `${records.length} records, ${acknowledged} were acknowledged`);
    assert.equal(machines(h2).length, 1);
  });

  it("is kept by the host that was lost once that is back, which starts nothing of what it had", async () => {
    await h1.boot();
    await h1.startDaemon();
    await replicaIs("in-sync", "h1");
    assert.deepEqual(machines(h1), []);
    assert.equal((await guest()).host, "h2");
    await goesOn(h2);
    assert.equal(await h1.run(["ls", join(h1.home, "guests")]), "");
  });

  it("that is behind starts only what a person says, and what it lacks is kept where the guest was", async () => {
    await hosts.cables.cut(between("h1", "h2"));
    await replicaIs("behind", "h1");
    await goesOn(h2);
    await h2.crash();
    await hosts.cables.heal(between("h1", "h2"));
    await eventually(async () => {
      const said = await h3.lodge(["replica", "promote", "web"]);
      assert.match(said.stderr, /is not in sync/);
    });
    assert.equal((await guest()).host, "h2");
    assert.match(await ok(h3, "replica", "promote", "web", "--accept-loss"), /h1/);
    await eventually(async () => {
      const { host, state } = await guest();
      assert.deepEqual([host, state], ["h1", "running"]);
    });
    await goesOn(h1);
    await h2.boot();
    await h2.startDaemon();
    await replicaIs("in-sync", "h2");
    assert.deepEqual(machines(h2), []);
    assert.match(await ok(h2, "volume", "ls"), /web-disk0-\d{14}/);
  });

  it("is taken away with the guest", async () => {
    const layers = async () => (await h2.run(["ls", join(h2.home, "layers")])).split("\n");
    const before = (await layers()).length;
    await ok(h1, "rm", "web", "--force");
    await eventually(async () => assert.ok((await layers()).length < before, `${before}`));
    assert.match(await ok(h2, "volume", "ls"), /web-disk0-\d{14}/, "which is nobody's replica");
  });
});
