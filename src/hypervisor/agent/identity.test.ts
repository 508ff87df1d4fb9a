/** A guest's identity and facts, against the real agent, whose files of an identity go below a folder here. */
import assert from "node:assert/strict";
import { mkdir, readFile, readlink, stat, symlink, writeFile } from "node:fs/promises";
import { hostname, userInfo } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { hasCode } from "#contract/errors";
import { AgentProcess } from "../../../test/fakes/agent-process.ts";

const machineId = "0123456789abcdef0123456789abcdef";
const me = userInfo();

describe("an identity", () => {
  it("writes what makes a machine itself, and nothing of this host", async (t) => {
    const agent = await AgentProcess.start(t);
    const file = (path: string) => readFile(join(agent.root, path), "utf8");
    await writeFile(join(agent.root, "etc/hosts"), "127.0.0.1 localhost\n127.0.1.1 old\n::1 ip6-localhost");
    await writeFile(join(agent.root, "etc/hostname"), "a-much-longer-name-than-the-new-one\n");
    const before = hostname();
    await agent.client().identity({
      hostname: "web-1",
      machineId,
      entropy: Buffer.alloc(64, 1),
      clock: 1_700_000_000_000_000_000n,
      files: [
        { path: "/etc/ssh/ssh_host_ed25519_key", data: "secret\n", mode: 0o600 },
        { path: "/var/lib/cloud/data/instance-id", data: Buffer.from([0, 255, 10]) },
      ],
      links: [{ path: "/var/lib/cloud/instance", target: "instances/i-1" }],
      networks: [{ newMac: "52:54:00:00:00:01", address: "192.0.2.7", prefix: 24, gateway: "192.0.2.1" }],
    });
    assert.equal(await file("etc/hostname"), "web-1\n");
    assert.equal(await file("etc/hosts"), "127.0.0.1 localhost\n::1 ip6-localhost\n127.0.1.1\tweb-1\n");
    assert.equal(await file("etc/machine-id"), `${machineId}\n`);
    assert.equal((await stat(join(agent.root, "etc/ssh/ssh_host_ed25519_key"))).mode & 0o777, 0o600);
    assert.deepEqual(
      await readFile(join(agent.root, "var/lib/cloud/data/instance-id")),
      Buffer.from([0, 255, 10]),
    );
    assert.equal(await readlink(join(agent.root, "var/lib/cloud/instance")), "instances/i-1");
    assert.equal(hostname(), before);
  });

  it("may be taken twice, and leaves one machine-id where there were two", async (t) => {
    const agent = await AgentProcess.start(t);
    const client = agent.client();
    const copy = join(agent.root, "var/lib/dbus/machine-id");
    await mkdir(join(agent.root, "var/lib/dbus"), { recursive: true });
    await writeFile(copy, "old\n");
    await client.identity({ hostname: "one", machineId, links: [{ path: "/etc/l", target: "a" }] });
    const other = machineId.replaceAll("0", "f");
    await client.identity({ hostname: "two", machineId: other, links: [{ path: "/etc/l", target: "b" }] });
    assert.equal(await readFile(copy, "utf8"), `${other}\n`);
    assert.equal(await readFile(join(agent.root, "etc/hosts"), "utf8"), "127.0.1.1\ttwo\n");
    assert.equal(await readlink(join(agent.root, "etc/l")), "b");
  });

  it("lets go of devices that the machine has no use for, where they are and have a driver", async (t) => {
    const agent = await AgentProcess.start(t);
    const devices = join(agent.root, "sys/bus/pci/devices");
    for (const folder of ["0000:00:06.0/virtio5/driver", "0000:00:06.0/power", "0000:00:07.0/virtio6"])
      await mkdir(join(devices, folder), { recursive: true });
    const release = ["0000:00:06.0", "0000:00:07.0", "0000:00:08.0"];
    await agent.client().identity({ release });
    assert.equal(await readFile(join(devices, "0000:00:06.0/virtio5/driver/unbind"), "utf8"), "virtio5");
    const attempt = agent.client().identity({ release: ["../../0000:00:06.0"] });
    await assert.rejects(attempt, (error) => hasCode(error, "agent.identity"));
  });

  it("adds keys to those there are, in a folder of the user's own", async (t) => {
    const agent = await AgentProcess.start(t);
    const client = agent.client();
    const file = join(agent.root, me.homedir, ".ssh/authorized_keys");
    await client.identity({ keys: [{ user: me.username, lines: "ssh-ed25519 AAAA a\nssh-ed25519 BBBB b" }] });
    await client.identity({
      keys: [{ user: me.username, lines: "ssh-ed25519 BBBB b\nssh-ed25519 CCCC c\n" }],
    });
    assert.equal(
      await readFile(file, "utf8"),
      "ssh-ed25519 AAAA a\nssh-ed25519 BBBB b\nssh-ed25519 CCCC c\n",
    );
    assert.equal((await stat(file)).mode & 0o777, 0o600);
    assert.equal((await stat(join(file, ".."))).mode & 0o777, 0o700);
  });

  it("follows no link that somebody laid where a file is to be", async (t) => {
    const agent = await AgentProcess.start(t);
    const victim = join(agent.folder, "victim");
    await writeFile(victim, "untouched");
    await symlink(victim, join(agent.root, "etc/trap"));
    const attempt = agent.client().identity({ files: [{ path: "/etc/trap", data: "x" }] });
    await assert.rejects(attempt, (error) => hasCode(error, "agent.identity"));
    assert.equal(await readFile(victim, "utf8"), "untouched");
  });

  it("is refused part by part, each with its reason, and the rest is taken", async (t) => {
    const agent = await AgentProcess.start(t);
    const attempt = agent.client().identity({
      hostname: "bad name",
      machineId: "short",
      clock: 5n,
      files: [
        { path: "relative", data: "" },
        { path: "/etc/good", data: "good" },
      ],
      keys: [{ user: "no-such-user", lines: "x" }],
      networks: [{ newMac: "zz" }, { address: "1.2.3.256" }],
    });
    await assert.rejects(attempt, (error) => {
      assert.ok(hasCode(error, "agent.identity"));
      for (const part of [
        "hostname: ",
        "machine_id: ",
        "clock: ",
        "file relative: ",
        "keys no-such-user: ",
      ]) {
        assert.ok(error.message.includes(part), `${part} in ${error.message}`);
      }
      assert.match(error.message, /zz is no MAC address.*1\.2\.3\.256 is no IPv4 address/);
      return true;
    });
    assert.equal(await readFile(join(agent.root, "etc/good"), "utf8"), "good");
  });

  it("is refused where it is too large for one request", async (t) => {
    const agent = await AgentProcess.start(t);
    const attempt = agent.client().identity({ files: [{ path: "/etc/big", data: Buffer.alloc(300_000) }] });
    await assert.rejects(attempt, (error) => hasCode(error, "agent.refused"));
  });
});

describe("facts", () => {
  it("are the machine's", async (t) => {
    const facts = await (await AgentProcess.start(t)).client().facts();
    const release = await readFile("/etc/os-release", "utf8");
    assert.equal(facts.hostname, hostname());
    assert.equal(facts.os.id, /^ID=(.*)$/m.exec(release)?.[1]);
    assert.equal(facts.bootId, (await readFile("/proc/sys/kernel/random/boot_id", "utf8")).trim());
    assert.ok(facts.memoryTotal > facts.memoryAvailable && facts.memoryAvailable > 1e6);
    assert.ok(Math.abs(facts.time - Date.now() / 1000) < 5);
    const lo = facts.interfaces.find(({ name }) => name === "lo");
    assert.ok(lo?.addresses.includes("127.0.0.1/8"), JSON.stringify(lo));
    for (const address of facts.interfaces.flatMap(({ addresses }) => addresses)) {
      assert.match(address, /^([0-9.]+|[0-9a-f:]+)\/\d+$/);
      assert.doesNotMatch(address, /0000|(^|:)0[0-9a-f]/);
    }
    for (const disk of facts.disks) assert.ok(disk.size >= disk.free && disk.device.startsWith("/dev/"));
  });
});
