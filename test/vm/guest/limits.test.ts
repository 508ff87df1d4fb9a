/** Does a guest take no more than it may, from before it runs until it is gone, and is that changed while it runs? */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { exec } from "#base/exec";
import type { LimitsChange } from "#contract/schema/limits";
import { tapName } from "#hypervisor/net/names";
import { groupName, type Groups } from "#hypervisor/cpu/groups";
import { openGroups } from "#hypervisor/cpu/open-groups";
import { MiB, TestLodge, tinyMemory } from "../daemon.ts";

const usable = openGroups("probe").controllers.has("cpu");

describe("a guest's limits", { skip: !usable && "needs control groups" }, () => {
  let lodge: TestLodge;
  let groups: Groups;
  let id = "";
  before(async () => {
    lodge = await TestLodge.start(undefined, { parked: false });
    await lodge.park();
    groups = openGroups(lodge.tag);
    ({ id } = await lodge.run({ name: "g", limits: { weight: 50 } }));
  });
  after(() => lodge?.[Symbol.asyncDispose]());

  const limit = (limits: LimitsChange) =>
    lodge.client.call("guestUpdate", { params: { guest: "g" }, body: { limits } });
  const throttled = () => groups.usage(id)?.throttledSeconds ?? 0;
  const groupsOf = (pid: number) => readFileSync(`/proc/${pid}/cgroup`, "latin1");
  async function until(what: string, holds: () => boolean): Promise<void> {
    for (let tries = 0; !holds(); tries++) {
      assert.ok(tries < 600, what);
      await delay(100);
    }
  }

  it("are those of its own control group, which a template that is built has as well, and leaves", async () => {
    assert.deepEqual(groups.list(), [id]);
    const { pid, origin, limits } = await lodge.guest("g");
    assert.equal(origin.how, "fork", "limits are no hindrance");
    assert.deepEqual(limits, { weight: 50 });
    assert.ok(groupsOf(pid!).includes(`/${groupName(lodge.tag, id)}`));
    const { memory = 0 } = groups.usage(id)!;
    assert.ok(memory > 0 && memory < tinyMemory);
  });

  it("cap its processors from the next moment on, and no more once that is taken away", async () => {
    await lodge.sh("g", "(while :; do :; done) >/dev/null 2>&1 & echo $! >/dev/shm/burner");
    assert.equal(throttled(), 0);
    await limit({ cap: 0.1 });
    await until("it is throttled", () => throttled() > 0.3);
    assert.deepEqual((await lodge.guest("g")).limits, { weight: 50, cap: 0.1 });
    await limit({ cap: null });
    await lodge.sh("g", "kill $(cat /dev/shm/burner)");
    const then = throttled();
    await lodge.sh("g", "i=0; while [ $i -lt 20000 ]; do i=$((i + 1)); done");
    assert.equal(throttled(), then);
  });

  it("keep its disks to their rates", async () => {
    const write = async () => {
      const begun = performance.now();
      await lodge.sh("g", "dd if=/dev/zero of=/dev/vda bs=64k count=48 oflag=direct 2>/dev/null");
      return performance.now() - begun;
    };
    await limit({ disk: { writeBytes: MiB } });
    // 3 MiB at 1 MiB a second, of which QEMU lets the first tenth of a second's worth pass at once.
    assert.ok((await write()) > 2000);
    await limit({ disk: null, disks: { disk0: { writeOps: 20 } } });
    assert.ok((await write()) > 1500);
    await limit({ disks: null });
  });

  it("shape what it sends and what is sent to it, until they are taken away", async () => {
    const tap = tapName(lodge.tag, id, "nic0");
    const disciplines = async () => (await exec("tc", ["qdisc", "show"])).stdout.split("\n");
    const of = async (device: string) =>
      (await disciplines()).filter((line) => line.includes(` dev ${device} `));
    await limit({ nic: { in: 2_000_000, out: 1_000_000 } });
    assert.match((await of(tap)).join("\n"), /tbf .* rate 16Mbit .*\n.*ingress/);
    assert.match((await of(`i${tap.slice(1)}`)).join("\n"), /tbf .* rate 8Mbit/);
    const { nics } = await lodge.guest("g");
    await exec("ping", ["-c", "3", "-i", "0.2", "-W", "5", nics[0]!.address!]);
    await limit({ nic: null });
    assert.doesNotMatch((await disciplines()).join("\n"), /tbf/);
  });

  it("have what is too much wait in the guest, where it costs nobody else anything", async () => {
    await limit({ nic: { out: 1_000_000 } });
    const shaper = `i${tapName(lodge.tag, id, "nic0").slice(1)}`;
    const gateway = (await lodge.sh("g", "ip route | sed -n 's/^default via \\([0-9.]*\\).*/\\1/p'")).trim();
    // Forty packets of 60 kB at once, each in fragments.
    const flood = `for i in $(seq 40); do ping -q -c 1 -s 60000 ${gateway} >/dev/null & done; wait`;
    await lodge.sh("g", flood);
    const [, sent, dropped, late] = /Sent (\d+) bytes.*dropped (\d+), overlimits (\d+)/.exec(
      (await exec("tc", ["-s", "qdisc", "show", "dev", shaper])).stdout,
    )!;
    assert.ok(Number(sent) > 1_000_000, `${sent} bytes`);
    assert.ok(Number(late) > 0, "there was too much");
    assert.equal(Number(dropped), 0);
    await limit({ nic: null });
  });

  it("are refused where they cannot be kept, and then nothing is changed", async () => {
    await assert.rejects(limit({ pin: "4000" }), { code: "api.invalid" });
    await assert.rejects(limit({ disks: { disk7: { readOps: 5 } } }), { code: "api.invalid" });
    assert.deepEqual((await lodge.guest("g")).limits, { weight: 50 });
  });

  it("hold on while no daemon runs, and the next one knows its groups", async () => {
    await limit({ cap: 0.1, nic: { out: 1_000_000 } });
    await lodge.end("SIGKILL");
    const then = throttled();
    assert.deepEqual(groups.list(), [id]);
    // A group that nobody's guest has: of a guest that a daemon was killed over.
    groups.make("gleft", {});
    await lodge.start();
    assert.deepEqual(groups.list(), [id]);
    await lodge.sh("g", "i=0; while [ $i -lt 20000 ]; do i=$((i + 1)); done");
    assert.ok(throttled() > then);
    await limit({ cap: null });
  });

  it("come again with its next start, and its group goes when it stops", async () => {
    await lodge.done(lodge.client.call("guestStop", { params: { guest: "g" }, body: { force: true } }));
    await until("its group is gone", () => groups.list().length === 0);
    await lodge.done(lodge.client.call("guestStart", { params: { guest: "g" } }));
    assert.deepEqual(groups.list(), [id]);
    assert.match((await exec("tc", ["qdisc", "show"])).stdout, /rate 8Mbit/);
  });
});
