/** Is a fork a machine of its own, and can it touch its siblings? */
import assert from "node:assert/strict";
import { closeSync, existsSync, openSync, readdirSync, readFileSync, readlinkSync, writeSync } from "node:fs";
import { connect } from "node:net";
import { after, before, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { exec } from "#base/exec";
import type { Schemas } from "#contract/schemas";
import { TestLodge, text } from "../daemon.ts";

describe("forks of a template", () => {
  let lodge: TestLodge;
  let a: Schemas["Guest"];
  let b: Schemas["Guest"];

  before(async () => {
    lodge = await TestLodge.start();
    [a, b] = await Promise.all([lodge.run({ name: "a" }), lodge.run({ name: "b" })]);
  });
  after(() => lodge?.[Symbol.asyncDispose]());

  it("are forks, and answer at once", () => {
    assert.equal(a.origin.how, "fork", a.origin.reason ?? "");
    assert.equal(b.origin.how, "fork", b.origin.reason ?? "");
    assert.equal(a.origin.template, b.origin.template);
  });

  it("each have a MAC, an address, a hostname, a machine-id, host keys and random numbers of their own", async () => {
    const facts = {
      mac: "cat /sys/class/net/eth0/address",
      address: "ip -4 -o addr show dev eth0 | awk '{print $4}'",
      hostname: "hostname",
      machineId: "cat /etc/machine-id",
      hostKey: "cat /etc/ssh/ssh_host_ed25519_key",
      random: "head -c 32 /dev/urandom | md5sum",
      uuid: "cat /sys/class/dmi/id/product_uuid 2>/dev/null || echo none",
    };
    const of = async (guest: string) =>
      Object.fromEntries(
        await Promise.all(
          Object.entries(facts).map(async ([name, script]) => [name, await lodge.sh(guest, script)] as const),
        ),
      );
    const [inA, inB] = await Promise.all([of("a"), of("b")]);
    for (const name of Object.keys(facts)) {
      if (name === "uuid") continue;
      assert.ok(inA[name], `${name} is empty`);
      assert.notEqual(inA[name], inB[name], name);
    }
    assert.equal(inA["mac"], a.nics[0]!.mac);
    assert.equal(inA["address"], `${a.nics[0]!.address}/24`);
    assert.equal(inA["hostname"], "a");
  });

  it("have the right time", async () => {
    const seconds = Number(await lodge.sh("a", "date +%s"));
    assert.ok(Math.abs(seconds - Date.now() / 1000) < 3, `${seconds}`);
  });

  it("reach each other by name, and the host reaches them", async () => {
    await exec("ping", ["-c", "1", "-w", "30", a.nics[0]!.address!]);
    await lodge.sh("a", `ping -c 1 -W 5 ${b.nics[0]!.address}`);
    const gateway = await lodge.sh("a", "ip route | awk '/default/ {print $3}'");
    const found = await lodge.sh("a", `nslookup b.lodge.internal ${gateway}`);
    assert.ok(found.includes(b.nics[0]!.address!), found);
  });

  it("cannot write to the memory they share, nor map it for writing", async () => {
    const held = sharedRam(a.pid!);
    for (const fd of held) {
      // Opening for writing is allowed, writing is not: the file is sealed.
      const file = openSync(`/proc/${a.pid}/fd/${fd}`, "r+");
      try {
        assert.throws(() => writeSync(file, "x"), { code: "EPERM" });
      } finally {
        closeSync(file);
      }
    }
    assert.ok(held.length > 0);
    const path = `/proc/${a.pid}/fd/${held[0]}`;
    const object = `memory-backend-file,id=ram,size=${a.memory},mem-path=${path},share=on`;
    const map = exec("qemu-system-x86_64", ["-M", "none", "-display", "none", "-object", object]);
    await assert.rejects(map, (error: Error & { detail?: string }) =>
      /not permitted/.test(`${error.message} ${error.detail}`),
    );
  });

  it("do not see what a sibling writes to memory and disk", async () => {
    await lodge.sh(
      "a",
      "echo only-a >/dev/shm/mark; printf only-a | dd of=/dev/vda conv=notrunc 2>/dev/null; sync",
    );
    assert.equal(await lodge.sh("b", "cat /dev/shm/mark 2>/dev/null || echo none"), "none");
    assert.equal(await lodge.sh("b", "head -c 6 /dev/vda | tr -d '\\000'"), "");
    assert.equal(await lodge.sh("a", "head -c 6 /dev/vda"), "only-a");
  });

  it("take no name that is taken, and leave nothing when they tried", async () => {
    const before = await lodge.client.call("guestList");
    await assert.rejects(lodge.run({ name: "a" }), { code: "guest.name_taken" });
    assert.equal((await lodge.client.call("guestList")).length, before.length);
  });

  it(
    "go before others while a command in them is waited for, and then no longer",
    {
      skip:
        !(existsSync("/sys/fs/cgroup/cpu") && process.getuid?.() === 0) && "needs root and control groups",
      timeout: 60_000,
    },
    async () => {
      const [, group] = /:cpu(?:,cpuacct)?:(.*)/.exec(readFileSync(`/proc/${a.pid}/cgroup`, "utf8"))!;
      const shares = () => Number(readFileSync(`/sys/fs/cgroup/cpu${group}/cpu.shares`, "utf8"));
      const until = async (wanted: number) => {
        while (shares() !== wanted) await delay(10);
      };
      const [ordinary, awaited] = [1024, 29_154];
      await until(ordinary);
      const command = lodge.sh("a", "until [ -e /tmp/enough ]; do sleep 0.1; done");
      await until(awaited);
      // Not for ever, where a command does not end.
      await until(ordinary);
      await lodge.sh("a", "touch /tmp/enough");
      await command;
      await until(ordinary);
    },
  );

  it("publish ports of the host", async () => {
    const port = 20_000 + (process.pid % 10_000);
    const publish = [{ protocol: "tcp" as const, hostPort: port, guestPort: 80 }];
    await lodge.run({ name: "web", publish, wait: "address" });
    await lodge.sh("web", "(while :; do echo hello | nc -l -p 80; done) >/dev/null 2>&1 &");
    // What listens in the guest may take a moment to begin.
    const heard = () => text(connect(port, "127.0.0.1")).catch(() => "");
    let answer = await heard();
    for (let i = 0; i < 50 && answer === ""; i++) {
      await delay(200);
      answer = await heard();
    }
    assert.match(answer, /hello/);
    await assert.rejects(lodge.run({ publish }), { code: "network.port_in_use" });
    await lodge.remove("web");
    const again = await lodge.run({ name: "web2", publish });
    await lodge.remove(again.id);
  });
});

/** The descriptors of what came from Lodge; QEMU 10 has files in memory of its own. */
function sharedRam(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).filter((fd) => readlinkSync(`${folder}/${fd}`).startsWith("/memfd:lodge-"));
}
