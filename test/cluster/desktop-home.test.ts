/** Does a home go where its user's desktop is, and is it never with two guests, not even where a host that has it is lost? */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { systemClock } from "#base/clock";
import { retry } from "#base/retry";
import { hasCode } from "#contract/errors";
import type { Schemas } from "#contract/schemas";
import { MiB, tinyMemory } from "../vm/daemon.ts";
import { formCluster } from "./hosts/formed.ts";
import type { Host } from "./hosts/host.ts";
import { Hosts } from "./hosts/hosts.ts";

const skip = process.geteuid?.() !== 0 && "it takes root to make hosts";

const eventually = <T>(attempt: () => Promise<T>): Promise<T> =>
  retry(attempt, { clock: systemClock, first: 50, longest: 500, timeout: 120_000 });

describe("homes of desktops", { skip }, () => {
  let hosts: Hosts;
  let h1: Host;
  let h2: Host;
  let h3: Host;
  let device = "";
  before(async () => {
    hosts = await Hosts.start(3, { disk: 2 ** 30, bare: true });
    const shared = await formCluster(hosts, { desktop: true });
    [h1, h2, h3] = hosts.all as [Host, Host, Host];
    device = join(hosts.folder, "device");
    await Promise.all(hosts.all.map((host) => host.startDaemon()));
    for (const host of [h1, h2])
      await host.client.call("poolCreate", { body: { name: "team", kind: "shared", target: shared } });
    // It has the store, and not the pool.
    await closed(h3, true);
    for (const [name, homePool] of [
      ["near", "default"],
      ["far", "team"],
    ] as const)
      await h1.client.call("desktopPoolCreate", {
        body: {
          ...{ name, image: "tiny", keeps: "home", homeSize: 24 * MiB, homePool, memory: tinyMemory },
          ...{ sound: false, standby: { count: 0 }, entitled: { everyone: true } },
        },
      });
  });
  after(() => hosts?.[Symbol.asyncDispose]());

  const offerOf = async (at: Host, pool: string) => {
    const { id } = (await at.client.call("desktopPoolList")).find(({ name }) => name === pool)!;
    return { params: { offer: id } };
  };
  const connect = async (at: Host, pool: string) =>
    (await at.client.call("myDesktopConnect", { ...(await offerOf(at, pool)), body: { wait: 60 } })).desktop;
  /** With its home. */
  const ready = (at: Host, pool: string): Promise<Schemas["Desktop"]> =>
    eventually(async () => {
      const { id } = await connect(at, pool);
      const desktop = await at.client.call("desktopGet", { params: { desktop: id } });
      assert.ok(desktop.home?.state === "there", `${desktop.home?.message}`);
      return desktop;
    });
  const signOff = async (at: Host, pool: string, { id }: Schemas["Desktop"]) => {
    await at.client.call("myDesktopSignOff", await offerOf(at, pool));
    await eventually(() =>
      assert.rejects(at.client.call("desktopGet", { params: { desktop: id } }), (error) =>
        hasCode(error, "desktop.not_found"),
      ),
    );
  };
  const sh = async (at: Host, { guestName }: Schemas["Desktop"], script: string) => {
    const { code, stdout, stderr } = await at.lodge([
      "exec",
      "--reason",
      "a test looks",
      guestName!,
      "--",
      "sh",
      "-c",
      script,
    ]);
    assert.equal(code, 0, stderr);
    return stdout.trim();
  };
  const homes = async (at: Host) =>
    (await at.client.call("volumeList")).filter(({ name }) => name.startsWith("home-"));

  const hostOf = ({ host }: Schemas["Desktop"]) => hosts.get(host!);
  /** Takes no more guests, or does again. */
  const closed = async (host: Host, on: boolean) => {
    const { code, stderr } = await h3.lodge(["host", on ? "drain" : "resume", host.name]);
    assert.equal(code, 0, stderr);
  };

  it("come to another host, by a copy or in a pool that both have, and nothing of them stays", async () => {
    for (const pool of ["near", "far"]) {
      const first = await ready(h1, pool);
      const there = hostOf(first);
      await sh(there, first, "echo kept >/home/debian/letter");
      await signOff(h1, pool, first);
      await closed(there, true);
      const next = await ready(h2, pool);
      const here = hostOf(next);
      assert.notEqual(here, there);
      assert.equal(await sh(here, next, "cat /home/debian/letter"), "kept");
      const home = (await homes(h2)).filter(({ guest }) => guest === next.guest);
      assert.deepEqual(
        home.map(({ host, pool: where }) => [host, where]),
        [[here.name, pool === "far" ? "team" : "default"]],
      );
      await signOff(h2, pool, next);
      await closed(there, false);
    }
    assert.equal((await homes(h1)).length, 2);
  });

  it("stay with a lost host, until that is certain to write no more or is back", async () => {
    const lost = await ready(h1, "far");
    const there = hostOf(lost);
    const here = there === h1 ? h2 : h1;
    await sh(there, lost, "echo written >/home/debian/last; sync");
    await writeFile(device, "#!/bin/sh\nexit 1\n", { mode: 0o755 });
    assert.equal((await h3.lodge(["fence", "set", there.name, "--", device])).code, 0);
    await there.crash();
    await eventually(async () => {
      const desktops = await here.client.call("desktopList");
      assert.equal(desktops.find(({ id }) => id === lost.id)?.state, "lost");
    });
    const leave = async () => here.client.call("myDesktopSignOff", await offerOf(here, "far"));
    const away = (error: unknown) => hasCode(error, "desktop.home_away");
    await assert.rejects(leave(), away);
    await assert.rejects(connect(here, "far"), away);
    await writeFile(device, "#!/bin/sh\nexit 0\n", { mode: 0o755 });
    const found = await ready(here, "far");
    assert.deepEqual([hostOf(found), found.replaces?.host], [here, there.name]);
    assert.equal(await sh(here, found, "cat /home/debian/last"), "written");
    await there.boot();
    await there.startDaemon();
    await eventually(async () => {
      const guests = await there.client.call("guestList");
      assert.ok(!guests.some(({ id }) => id === lost.guest));
    });
    assert.equal(await sh(here, found, "cat /home/debian/last"), "written");
    await signOff(here, "far", found);
  });
});
