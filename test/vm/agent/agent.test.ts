/** Does the agent do in a real guest what it promises, over a real virtio-serial port? */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { after, before, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { hasCode } from "#contract/errors";
import { AgentClient } from "#hypervisor/agent/client";
import { TinyMachine } from "./tiny-machine.ts";

const bootLimit = 90_000;
const session = "the session of these tests";
const machineId = randomBytes(16).toString("hex");

describe("the agent in a guest", () => {
  let machine: TinyMachine;
  let client: AgentClient;
  const connect = () => new AgentClient({ path: machine.agent, guest: "tiny", session });
  /** Output of a shell's command in the guest, or its errors. */
  const sh = async (script: string): Promise<string> => {
    const { stdout, stderr } = await client.runToEnd(["sh", "-c", script]);
    return `${stdout}${stderr}`.trim();
  };

  before(async () => {
    machine = await TinyMachine.boot();
    client = connect();
    await client.hello({ timeout: bootLimit });
  });
  after(async () => {
    client?.close();
    await machine?.end();
  });

  it("runs commands as root and as others", async () => {
    assert.equal(await sh("id -u; pwd; tty"), "0\n/root\nnot a tty");
    const { stdout } = await client.runToEnd(["sh", "-c", "id; pwd; echo $HOME"], { user: "guest" });
    assert.equal(
      stdout.toString(),
      "uid=1000(guest) gid=1000(guest) groups=5(tty),1000(guest)\n/tmp\n/tmp\n",
    );
  });

  it("gives a terminal that its user owns", async () => {
    const tty = { rows: 33, cols: 99 };
    const shell = await client.exec({ argv: [], login: true, tty, user: "guest", env: { TERM: "dumb" } });
    shell.stdin.write("stty size; stat -c %U $(tty); exit 4\n");
    let seen = "";
    for await (const chunk of shell.stdout) seen += chunk.toString();
    assert.match(seen, /33 99\r\nguest\r\n/);
    assert.deepEqual(await shell.exit, { code: 4 });
  });

  it("carries files both ways", async () => {
    const content = randomBytes(3_000_000);
    const writing = await client.writeFile({ path: "/root/file", mode: 0o600, size: content.length });
    await pipeline([content], writing.content);
    await writing.done;
    const reading = await client.readFile("/root/file");
    const parts: Buffer[] = [];
    for await (const part of reading.content) parts.push(part);
    assert.ok(Buffer.concat(parts).equals(content));
    assert.equal(await sh("stat -c '%a %s' /root/file"), "600 3000000");
  });

  it("goes on with a command whose host was killed, where that host was", async () => {
    client.close();
    const count = 150_000;
    const argv = [machine.agent, session, "300000", "seq", "1", String(count)];
    const child = spawn(process.execPath, [join(import.meta.dirname, "doomed-host.ts"), ...argv], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [line] = (await once(child.stdout, "data")) as [Buffer];
    const { id, output } = JSON.parse(line.toString()) as { id: number; output: number };
    child.kill("SIGKILL");
    await once(child, "exit");

    client = connect();
    const command = await client.attach(id, { stdout: output, stderr: 0 });
    let rest = "";
    for await (const chunk of command.stdout) rest += chunk.toString();
    const whole = Array.from({ length: count }, (_, at) => `${at + 1}\n`).join("");
    assert.ok(rest === whole.slice(output), "the output goes on where the killed host had read it to");
    assert.deepEqual(await command.exit, { code: 0 });
  });

  it("answers ten hosts after another, each hanging up", async () => {
    for (let at = 0; at < 10; at++) {
      client.close();
      client = connect();
      await client.ping({ timeout: 5000 });
    }
  });

  it("takes no processor time while nobody is there", async () => {
    const ticks = async () => {
      const stat = await sh("cat /proc/$PPID/stat");
      const [, , , , , , , , , , , user, system] = stat.slice(stat.lastIndexOf(")")).split(" ");
      return Number(user) + Number(system);
    };
    const start = await ticks();
    client.close();
    await delay(3000);
    client = connect();
    const spent = (await ticks()) - start;
    assert.ok(spent < 30, `${spent} hundredths of a second in 3 s, most of them for asking`);
  });

  it("makes the guest another machine", async () => {
    const uuid = await sh("cat /proc/sys/kernel/random/uuid");
    const clock = BigInt(Date.parse("2035-05-05T05:05:05Z")) * 1_000_000n;
    await client.identity({
      hostname: "fork-7",
      machineId,
      entropy: randomBytes(64),
      clock,
      files: [{ path: "/etc/ssh/ssh_host_ed25519_key", data: "key", mode: 0o600, gid: 5 }],
      networks: [
        {
          mac: "52:54:00:aa:00:01",
          newMac: "52:54:00:bb:00:02",
          address: "192.0.2.9",
          prefix: 28,
          gateway: "192.0.2.1",
          mtu: 1400,
        },
      ],
    });
    assert.equal(await sh("hostname; cat /etc/hostname /etc/machine-id"), `fork-7\nfork-7\n${machineId}`);
    assert.match(await sh("date -u +%FT%T"), /^2035-05-05T05:05:/);
    assert.notEqual(await sh("cat /proc/sys/kernel/random/uuid"), uuid);
    assert.equal(await sh("stat -c '%a %g' /etc/ssh/ssh_host_ed25519_key"), "600 5");
    const facts = await client.facts();
    const [card] = facts.interfaces.filter(({ name }) => name === "eth0");
    assert.equal(card?.mac, "52:54:00:bb:00:02");
    assert.ok(card?.addresses.includes("192.0.2.9/28"), String(card?.addresses));
    assert.match(await sh("ip route; ip link show eth0"), /default via 192\.0\.2\.1 dev eth0[^]*mtu 1400/);
    assert.equal(facts.hostname, "fork-7");
    assert.equal(facts.os.id, "tiny");
  });

  it("says which part of an identity this guest cannot take", async () => {
    const attempt = client.identity({
      networks: [{ name: "eth9", address: "192.0.2.3" }],
      hostname: "taken",
    });
    await assert.rejects(attempt, (error) => {
      return hasCode(error, "agent.identity") && /no such interface/.test(error.message);
    });
    assert.equal(await sh("hostname"), "taken");
  });

  it("freezes file systems, thaws them, and thaws them by itself", async () => {
    await sh("mke2fs /dev/vda && mkdir -p /mnt && mount -t ext4 /dev/vda /mnt");
    const disk = (await client.facts()).disks.find(({ path }) => path === "/mnt");
    assert.deepEqual([disk?.device, disk?.writable], ["/dev/vda", true]);
    assert.equal(await client.freeze(60), 1);
    const writer = await client.exec({ argv: ["sh", "-c", "echo x >/mnt/file; echo written"], stdin: false });
    const written = (async () => {
      for await (const chunk of writer.stdout) return chunk.toString();
      return "";
    })();
    assert.equal(await Promise.race([written, delay(500, "waits")]), "waits");
    const attempt = client.writeFile({ path: "/mnt/other" });
    await assert.rejects(attempt, (error) => hasCode(error, "agent.frozen"));
    assert.equal(await client.thaw(), 1);
    assert.equal(await written, "written\n");

    await client.freeze(1);
    await delay(1500);
    assert.equal(await client.thaw(), 0);
    assert.equal(await sh("echo y >/mnt/file && cat /mnt/file"), "y");
  });

  it("comes to rest with little in its caches", async () => {
    await sh("cat /usr/bin/* >/dev/null");
    await client.quiesce();
    assert.equal(await sh("cat /etc/hostname"), "taken");
  });

  it("is quick enough to print how quick", async (t) => {
    const measure = async (what: string, work: () => Promise<unknown>) => {
      const times: number[] = [];
      for (let at = 0; at < 15; at++) {
        const start = performance.now();
        await work();
        times.push(performance.now() - start);
      }
      const median = times.toSorted((a, b) => a - b)[7];
      t.diagnostic(`${what}: median ${median?.toFixed(1)} ms`);
    };
    await measure("ping", () => client.ping());
    await measure("exec true", () => client.runToEnd(["true"]));
    await measure("identity", () => client.identity({ hostname: "a", machineId, entropy: randomBytes(64) }));
    await measure("1 MB out", () => client.runToEnd(["dd", "if=/dev/zero", "bs=65536", "count=16"]));
  });

  it("is another one after a reboot, and what ran is lost", async () => {
    const running = await client.exec({ argv: ["sleep", "1000"], stdin: false });
    const lost = assert.rejects(running.exit, (error) => hasCode(error, "agent.lost"));
    const { boot } = await client.hello();
    await client.shutdown("reboot");
    await lost;
    assert.notEqual((await client.hello({ timeout: bootLimit })).boot, boot);
    assert.equal(await sh("hostname"), "tiny");
  });
});
