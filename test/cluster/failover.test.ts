/** Does a highly available guest come back on another host when its own is lost in whichever way, and run once? */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { after, before, describe, it } from "node:test";
import { systemClock } from "#base/clock";
import { retry } from "#base/retry";
import { createBlank } from "#hypervisor/disk/create";
import { tinyMemory } from "../vm/daemon.ts";
import { formCluster } from "./hosts/formed.ts";
import type { Host } from "./hosts/host.ts";
import { Hosts } from "./hosts/hosts.ts";
import type { Way } from "./hosts/switch.ts";

const skip = process.geteuid?.() !== 0 && "it takes root to make hosts";

/** What takes a lease's end, and a boot without KVM. */
const eventually = <T>(attempt: () => Promise<T>): Promise<T> =>
  retry(attempt, { clock: systemClock, first: 50, longest: 500, timeout: 90_000 });

const around = (name: string, others: readonly string[]): Way[] =>
  others.flatMap((other): Way[] => [
    [name, other],
    [other, name],
  ]);

describe("a highly available guest", { skip }, () => {
  let hosts: Hosts;
  let device = "";
  before(async () => {
    hosts = await Hosts.start(3, { disk: 2 ** 30, bare: true });
    const shared = await formCluster(hosts);
    device = join(hosts.folder, "device");
    await Promise.all(hosts.all.map((host) => host.startDaemon()));
    // The store is on the third, which nothing befalls.
    for (const host of hosts.all.slice(0, 2))
      await host.client.call("poolCreate", { body: { name: "team", kind: "shared", target: shared } });
  });
  after(() => hosts?.[Symbol.asyncDispose]());

  /** What the fence device of each host does from now on. */
  const deviceDoes = (script: string) => writeFile(device, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  const machines = (host: Host) => host.processes(([program]) => !!program?.includes("qemu-system"));
  const where = () =>
    hosts.all.filter((host) => host.isOn && machines(host).length > 0).map(({ name }) => name);
  /** As a host knows it that need not have it: the one that has may be off. */
  const guestAt = async (host: Host, guest = "web") => {
    const found = (await host.client.call("guestList")).find(({ name }) => name === guest);
    assert.ok(found);
    return found;
  };
  const inside = async (host: Host, script: string) => {
    const { code, stdout, stderr } = await host.lodge(["exec", "web", "--", "sh", "-c", script]);
    assert.equal(code, 0, stderr);
    return stdout.trim();
  };
  /** Resolves to the host on which it runs, as another one tells, once that is none of these. */
  const runsElsewhere = (teller: Host, than: readonly string[], guest = "web") =>
    eventually(async () => {
      const { host, state } = await guestAt(teller, guest);
      assert.equal(state, "running");
      assert.ok(host !== undefined && !than.includes(host), `it is on ${host}`);
      return hosts.get(host);
    });
  const events = async (host: Host) => {
    const { stdout } = await host.lodge(["events", "--no-follow"]);
    return stdout;
  };

  it("has to have its disk where a lost host can be refused, and says what would help", async () => {
    const [h1] = hosts.all;
    const made = await h1!.lodge([
      "run",
      "tiny",
      "--host",
      "h1",
      "--name",
      "web",
      "--memory",
      `${tinyMemory / 2 ** 20}M`,
    ]);
    assert.equal(made.code, 0, made.stderr);
    const set = () => h1!.lodge(["set", "web", "--ha", "on"]);
    assert.match((await set()).stderr, /disk0 lies on this host alone[^]*volume move web:disk0/);
    assert.equal((await h1!.lodge(["volume", "move", "web:disk0", "team"])).code, 0);
    assert.match((await set()).stderr, /no fence device/);
    await deviceDoes("exit 0");
    for (const { name } of hosts.all)
      assert.equal((await h1!.lodge(["fence", "set", name, "--", device])).code, 0);
    assert.equal((await set()).code, 0);
    await inside(h1!, "printf '%-512s' kept | dd of=/dev/vda bs=512 seek=9 conv=notrunc,fsync 2>/dev/null");
  });

  it("lives on where the daemon is restarted in order, and runs where it was killed and is started again", async () => {
    const [h1] = hosts.all;
    const [before] = machines(h1!);
    await h1!.endDaemon("SIGTERM");
    // Longer than a lease: a daemon that ends in order has a minute.
    await delay(8000);
    await h1!.startDaemon();
    assert.deepEqual(machines(h1!)[0]?.ref, before!.ref);
    await h1!.endDaemon("SIGKILL");
    await h1!.startDaemon();
    // Where that took longer than four seconds, its fence has ended it, and it begins again.
    await eventually(async () => assert.equal((await guestAt(h1!)).state, "running"));
    assert.equal(where().length, 1);
  });

  it("is made so at once in a pool that is named; the image that its disk stands on comes to whoever may have to start it", async () => {
    const [h1, h2, h3] = hosts.all as [Host, Host, Host];
    const file = join(hosts.folder, "blank.qcow2");
    await createBlank(file, { format: "qcow2", size: 2 ** 20 });
    const typed = async (...words: string[]) => {
      const { code, stderr } = await h1.lodge(words);
      assert.equal(code, 0, stderr);
    };
    await typed("image", "import", file, "--name", "blank");
    await typed(
      ...["run", "blank", "--pool", "team", "--ha", "--name", "born"],
      ...["--host", "h1", "--memory", "32M", "--no-wait"],
    );
    await eventually(async () => assert.equal((await guestAt(h1, "born")).state, "running"));
    const has = async (host: Host) =>
      (await host.lodge(["image", "ls", "--host", host.name, "--format", "json"])).stdout.includes('"blank"');
    await eventually(async () => assert.ok(await has(h2)));
    assert.ok(!(await has(h3)), "it has not the pool");
  });

  it("is ended by its fence where its host is cut off, and runs elsewhere with what it wrote", async () => {
    const [h1, , h3] = hosts.all;
    // Its disk is of two files then, one on the other, each named by where this host has its home.
    assert.equal((await h1!.lodge(["snapshot", "create", "web", "before"])).code, 0);
    await inside(h1!, "printf '%-512s' more | dd of=/dev/vda bs=512 seek=10 conv=notrunc,fsync 2>/dev/null");
    await hosts.cables.cut(around("h1", ["h2", "h3"]));
    const there = await runsElsewhere(h3!, ["h1"]);
    assert.equal(there.name, "h2", "only that has the pool");
    assert.equal(await runsElsewhere(h3!, ["h1"], "born"), there);
    assert.deepEqual(where(), [there.name]);
    assert.equal(machines(there).length, 2);
    await eventually(async () =>
      assert.equal(
        await inside(there, "dd if=/dev/vda bs=512 skip=9 count=2 iflag=direct 2>/dev/null | tr -d ' '"),
        "keptmore",
      ),
    );
    await hosts.cables.heal(around("h1", ["h2", "h3"]));
    // What it was is others': it begins anew.
    await eventually(async () => assert.match(await h1!.log(), /what this host had is others' by now/));
    await eventually(async () => assert.equal((await guestAt(h1!)).host, there.name));
    assert.deepEqual(where(), [there.name]);
    // Nothing of it is left where it was.
    await eventually(async () => assert.equal(await h1!.run(["ls", `${h1!.home}/guests`]), ""));
  });

  it("is not started elsewhere while nothing says that its host is off, and is once a person does", async () => {
    const [, lost, teller] = hosts.all as [Host, Host, Host];
    assert.equal((await guestAt(teller)).host, lost.name);
    await deviceDoes("echo the board does not answer; exit 1");
    await lost.crash();
    await eventually(async () => assert.match(await events(teller), /the board does not answer/));
    assert.equal((await guestAt(teller)).host, lost.name);
    assert.deepEqual(where(), []);
    assert.equal((await teller.lodge(["fence", "confirm", lost.name, "--off"])).code, 0);
    const there = await runsElsewhere(teller, [lost.name]);
    assert.equal(await runsElsewhere(teller, [lost.name], "born"), there);
    assert.deepEqual(where(), [there.name]);
  });
});
