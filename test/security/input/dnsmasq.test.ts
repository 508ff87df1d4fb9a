/** Can a network's server that a guest has taken over reach the host, and can a guest's words become names? */
import { inOwnNamespace } from "../../vm/net/own-namespace.ts";
import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { createSocket } from "node:dgram";
import { Resolver } from "node:dns/promises";
import { once } from "node:events";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe } from "node:test";
import { exec } from "#base/exec";
import { isAlive, processRef } from "#base/process";
import { dnsmasqPid, ensureDnsmasq, stopDnsmasq } from "#hypervisor/net/dnsmasq";
import { bridgeName } from "#hypervisor/net/names";
import { putReservation } from "#hypervisor/net/reservations";
import { gatewayOf } from "#hypervisor/net/subnet";
import { attack } from "../attack.ts";

const skip = inOwnNamespace ? false : "it takes root";
const mac = "52:54:00:00:00:07";

describe("a network's DHCP and DNS server", { skip }, () => {
  let home: string;
  let plan: Parameters<typeof ensureDnsmasq>[0];
  let pid = 0;
  let guest: ChildProcess;
  before(async () => {
    home = await mkdtemp(join(tmpdir(), "lodge-dnsmasq-"));
    const directory = join(home, "net0");
    await exec("mkdir", [directory]);
    plan = {
      tag: "zzsec",
      index: 0,
      subnet: "10.64.7.0/24",
      mtu: 1500,
      domain: "lodge.internal",
      dnsServers: [],
      directory,
    } as never;
    const bridge = bridgeName(plan);
    await exec("ip", ["link", "add", bridge, "type", "bridge"]);
    await exec("ip", ["address", "add", `${gatewayOf("10.64.7.0/24")}/24`, "dev", bridge]);
    await exec("ip", ["link", "set", bridge, "up"]);
    pid = await ensureDnsmasq(plan);
    await writeFile(join(home, "secret"), "mine");
    // A guest: a namespace of its own at the bridge.
    guest = spawn("unshare", ["--net", "sleep", "infinity"], { stdio: "ignore" });
    await exec("ip", ["link", "add", "g0", "type", "veth", "peer", "name", "eth0", "address", mac]);
    await exec("ip", ["link", "set", "g0", "master", bridge, "up"]);
    await waitFor(async () => {
      await exec("ip", ["link", "set", "eth0", "netns", String(guest.pid)]);
      await inside("ip", "link", "set", "eth0", "up");
    });
    await putReservation(plan as never, { mac, address: "10.64.7.9", names: ["honest"] });
  });
  after(async () => {
    guest?.kill("SIGKILL");
    await stopDnsmasq(plan);
    await rm(home, { recursive: true });
  });

  const inside = (...argv: string[]) => exec("nsenter", ["-t", String(guest.pid), "-n", ...argv]);
  async function waitFor(work: () => Promise<unknown>): Promise<void> {
    const end = performance.now() + 10_000;
    for (;;) {
      try {
        await work();
        return;
      } catch (error) {
        if (performance.now() > end) throw error;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  }
  const status = (field: string): string =>
    new RegExp(`^${field}:[ \\t]*(.*)$`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? "";
  const resolve = (name: string): Promise<string[]> => {
    const resolver = new Resolver({ timeout: 2000, tries: 2 });
    resolver.setServers([gatewayOf("10.64.7.0/24")]);
    return resolver.resolve4(name);
  };

  attack("a guest's DHCP request gives it the name of another, and it is resolved", async () => {
    const request = [
      "udhcpc",
      "-i",
      "eth0",
      "-n",
      "-q",
      "-f",
      "-t",
      "10",
      "-x",
      "hostname:victim",
      "-s",
      "/bin/true",
    ];
    await inside("busybox", ...request, "-F", "victim.lodge.internal");
    assert.match(readFileSync(join(plan.directory, "leases"), "utf8"), /10\.64\.7\.9/);
    assert.deepEqual(await resolve("honest.lodge.internal"), ["10.64.7.9"]);
    await assert.rejects(resolve("victim.lodge.internal"), { code: "ENOTFOUND" });
  });

  attack("a guest adds a name, or changes another's, by an update of DNS", async () => {
    const server = gatewayOf("10.64.7.0/24");
    const label = (text: string) => Buffer.concat([Buffer.from([text.length]), Buffer.from(text)]);
    const name = (text: string) => Buffer.concat([...text.split(".").map(label), Buffer.from([0])]);
    // RFC 2136: a header of opcode 5, the zone, and one record of an address to be added.
    const update = (guest: string) =>
      Buffer.concat([
        Buffer.from("123428000001000000010000", "hex"),
        name("lodge.internal"),
        Buffer.from("00060001", "hex"),
        name(`${guest}.lodge.internal`),
        Buffer.from("00010001000002580004", "hex"),
        Buffer.from([10, 64, 7, 66]),
      ]);
    const socket = createSocket("udp4");
    try {
      for (const guest of ["victim", "honest"]) {
        const answered = once(socket, "message", { signal: AbortSignal.timeout(10_000) });
        socket.send(update(guest), 53, server);
        const [answer] = (await answered) as [Buffer];
        assert.notEqual(answer[3]! & 15, 0, "it is refused");
      }
    } finally {
      socket.close();
    }
    await assert.rejects(resolve("victim.lodge.internal"), { code: "ENOTFOUND" });
    assert.deepEqual(await resolve("honest.lodge.internal"), ["10.64.7.9"]);
  });

  attack("a guest asks for an address with a MAC that nobody gave it", async () => {
    await inside("ip", "link", "set", "eth0", "down");
    await inside("ip", "link", "set", "eth0", "address", "52:54:00:00:00:99");
    await inside("ip", "link", "set", "eth0", "up");
    const request = ["udhcpc", "-i", "eth0", "-n", "-q", "-f", "-t", "2", "-T", "1", "-s", "/bin/true"];
    await assert.rejects(inside("busybox", ...request), { code: "host.command_failed" });
  });

  attack("it is root, or has more than its work takes", () => {
    assert.doesNotMatch(status("Uid"), /\b0\b/);
    // CAP_NET_BIND_SERVICE, CAP_NET_ADMIN and CAP_NET_RAW: bits 10, 12 and 13.
    for (const set of ["CapEff", "CapPrm", "CapBnd"])
      assert.equal(BigInt(`0x${status(set)}`) & ~0x3400n, 0n, set);
    assert.equal(status("NoNewPrivs"), "1");
    assert.equal(status("Seccomp"), "2");
  });

  attack("it sees the host's processes, or shares memory with them", () => {
    for (const kind of ["pid", "ipc", "uts", "mnt"])
      assert.notEqual(readlinkSync(`/proc/${pid}/ns/${kind}`), readlinkSync(`/proc/self/ns/${kind}`), kind);
  });

  attack("it sees files of the host's besides its own", () => {
    const root = `/proc/${pid}/root`;
    for (const folder of ["home", "root", "var"])
      assert.throws(() => readdirSync(join(root, folder)), folder);
    assert.deepEqual(readdirSync(join(root, home)), ["net0"]);
    assert.deepEqual(readdirSync(join(root, plan.directory)).toSorted(), [
      "dhcp-hosts",
      "dns-hosts",
      "dnsmasq.log",
      "leases",
      "ready",
    ]);
  });

  attack("a daemon that comes back takes another process for it, or starts it twice", async () => {
    assert.equal(await ensureDnsmasq(plan), pid);
    assert.equal(await dnsmasqPid(plan), pid);
    const before = processRef(pid)!;
    await stopDnsmasq(plan);
    assert.equal(isAlive(before), false);
    await writeFile(join(plan.directory, "dnsmasq.pid"), `${process.pid}\n`);
    assert.equal(await dnsmasqPid(plan), undefined);
    pid = await ensureDnsmasq(plan);
    assert.deepEqual(await resolve("honest.lodge.internal"), ["10.64.7.9"]);
  });
});
