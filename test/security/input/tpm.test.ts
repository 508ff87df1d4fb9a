/** Can a TPM that its guest has taken over reach anything but its own secrets? */
import assert from "node:assert/strict";
import { readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe } from "node:test";
import { once } from "node:events";
import { endProcess } from "#base/process";
import { findCells } from "#hypervisor/cell/host";
import { startTpm, type Tpm } from "#hypervisor/tpm/swtpm";
import { attack } from "../attack.ts";

const users = [0x7fee_0001, 0x7fee_0002] as const;

describe("a TPM that its guest has taken over", () => {
  let home: string;
  const tpms: Tpm[] = [];
  before(async () => {
    home = await mkdtemp(join(tmpdir(), "lodge-tpm-"));
    const host = await findCells("qemu-system-x86_64");
    for (const [at, user] of users.entries()) {
      const own = join(home, "guests", `g${at}`);
      await mkdir(own, { recursive: true });
      const place = { guests: join(home, "guests"), folder: join(own, "tpm"), log: join(own, "qemu.log") };
      tpms.push(await startTpm({ ...place, cell: { host, user } }));
    }
    await writeFile(join(home, "secret"), "mine");
  });
  after(async () => {
    for (const { process } of tpms) await endProcess(process);
    await rm(home, { recursive: true });
  });

  const pid = (): number => tpms[0]!.process.pid;
  const status = (field: string): string =>
    new RegExp(`^${field}:[ \\t]*(.*)$`, "m").exec(readFileSync(`/proc/${pid()}/status`, "utf8"))?.[1] ?? "";
  const namespace = (of: number | "self", kind: string): string => readlinkSync(`/proc/${of}/ns/${kind}`);

  attack("it is what it is asked to be all the same: it answers at its channel", async () => {
    const socket = new Socket({ fd: tpms[0]!.socket, readable: true, writable: true });
    // CMD_GET_CAPABILITY of swtpm's tpm_ioctl.h.
    socket.write(Buffer.of(0, 0, 0, 1));
    const [answer] = (await once(socket, "data")) as [Buffer];
    assert.equal(answer.length, 8);
    assert.notEqual(answer.readBigUInt64BE(0), 0n);
    socket.destroy();
  });

  attack("it is another guest's user, or the daemon's", () => {
    assert.equal(status("Uid"), Array.from({ length: 4 }, () => users[0]).join("\t"));
    assert.equal(status("Gid"), Array.from({ length: 4 }, () => users[0]).join("\t"));
    assert.equal(status("Groups").trim(), "");
  });

  attack("it has a capability, or gains one", () => {
    for (const set of ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"])
      assert.equal(BigInt(`0x${status(set)}`), 0n, set);
    assert.equal(status("NoNewPrivs"), "1");
    assert.equal(status("Seccomp"), "2");
  });

  attack("it sees the network, processes or memory of the host", () => {
    for (const kind of ["net", "pid", "ipc", "uts", "mnt"])
      assert.notEqual(namespace(pid(), kind), namespace("self", kind), kind);
  });

  attack("it sees another TPM's secrets, its guest's disk or the host's files", () => {
    const root = `/proc/${pid()}/root`;
    assert.deepEqual(
      readdirSync(root).filter(
        (name) => !["usr", "lib", "lib64", "bin", "etc", "dev", "proc", "sbin"].includes(name),
      ),
      ["tpm"],
    );
    for (const folder of ["home", "root", "var", "tmp", "run"])
      assert.throws(() => statSync(join(root, folder)), folder);
    assert.throws(() => readFileSync(join(root, home, "secret")));
    assert.deepEqual(
      readdirSync(join(root, "etc")).filter((name) => name !== "ld.so.cache"),
      [],
    );
  });

  attack("another guest's process reads what it keeps", () => {
    const folder = join(home, "guests/g0/tpm");
    assert.deepEqual([statSync(folder).uid, statSync(folder).mode & 0o777], [users[0], 0o700]);
  });
});
