/** Do taps come and go as QEMU and the search for orphans need them? */
import { inOwnNamespace } from "./own-namespace.ts";
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { after, before, describe, test } from "node:test";
import { hasCode } from "#contract/errors";
import { exec } from "#base/exec";
import { ipJson, type Link } from "#hypervisor/net/ip";
import { tapName } from "#hypervisor/net/names";
import { listOurs } from "#hypervisor/net/ours";
import { createTap, deleteTap } from "#hypervisor/net/tap";
import { eventually } from "./machine.ts";

const tap = tapName("aaaa", "guest", "nic0");
const nobody = 65534;

const look = async (name: string): Promise<Link | undefined> =>
  (await ipJson<Link & { operstate: string }>("link", "show")).find(({ ifname }) => ifname === name);

/** A QEMU without a machine that holds the tap, started as the given user. */
function qemu(uid: number): { stop: () => void; ended: Promise<unknown> } {
  const args = ["-M", "none", "-nodefaults", "-display", "none"];
  const backend = ["-netdev", `tap,id=n,ifname=${tap},script=no,downscript=no`];
  const child = spawn("qemu-system-x86_64", [...args, ...backend], { uid, gid: uid, stdio: "ignore" });
  return {
    stop: () => child.kill("SIGKILL"),
    ended: new Promise((resolve) => child.once("exit", resolve)),
  };
}

describe("a tap", { skip: !inOwnNamespace && "needs root", timeout: 30_000 }, () => {
  before(async () => {
    await exec("ip", ["link", "add", "ldgaaaa0", "type", "bridge"]);
    // Open to all, as udev makes it; some small systems have no udev.
    await exec("mount", ["-t", "tmpfs", "tmpfs", "/dev/net"]);
    await exec("mknod", ["--mode=666", "/dev/net/tun", "c", "10", "200"]);
  });
  after(() => exec("ip", ["link", "del", "ldgaaaa0"]));

  test("is in its bridge, up, and found as ours", async () => {
    await createTap(tap, "ldgaaaa0", { mtu: 9000, mac: "fe:54:00:00:00:01" });
    const link = await look(tap);
    assert.equal(link?.master, "ldgaaaa0");
    assert.equal(link.mtu, 9000);
    assert.equal(link.address, "fe:54:00:00:00:01");
    assert.ok(link.flags.includes("UP"));
    assert.deepEqual((await listOurs("aaaa")).taps, [tap]);
    assert.deepEqual((await listOurs("aaab")).taps, []);
  });

  test("is repaired when it is made again, and made anew only for another owner", async () => {
    const index = async () => ((await look(tap)) as unknown as { ifindex: number }).ifindex;
    const first = await index();
    await exec("ip", ["link", "set", "dev", tap, "nomaster", "down"]);
    await createTap(tap, "ldgaaaa0");
    assert.equal((await look(tap))?.master, "ldgaaaa0");
    assert.ok((await look(tap))?.flags.includes("UP"));
    assert.equal(await index(), first);
    await createTap(tap, "ldgaaaa0", { owner: nobody });
    const second = await index();
    assert.notEqual(second, first);
    await createTap(tap, "ldgaaaa0", { owner: nobody });
    assert.equal(await index(), second);
  });

  test("is opened by the user who owns it, and by no other user", async () => {
    assert.equal(await qemu(nobody - 1).ended, 1);
    const owner = qemu(nobody);
    try {
      await eventually(async () => assert.ok((await look(tap))?.flags.includes("LOWER_UP")));
    } finally {
      owner.stop();
      await owner.ended;
    }
    assert.ok(await look(tap), "and it outlives QEMU");
  });

  test("can do without a bridge, and leave the one it was in", async () => {
    await createTap(tap, undefined, { owner: nobody });
    const link = await look(tap);
    assert.equal(link?.master, undefined);
    assert.ok(!link?.flags.includes("UP"));
  });

  test("goes when it is deleted, with others that are gone already", async () => {
    await deleteTap("laaaanothere0", tap, "laaaanothere1");
    assert.equal(await look(tap), undefined);
  });

  test("is not left behind when its bridge is missing", async () => {
    const failed = (error: unknown) => hasCode(error, "host.command_failed");
    await assert.rejects(createTap(tap, "ldgnone0"), failed);
    assert.equal(await look(tap), undefined);
  });
});
