/**
 * What of a pool of Ceph's can a guest reach that has taken over its QEMU, and what can whoever has taken over the process
 * that serves its image? With a real Ceph; both are looked at by root, from outside.
 */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe } from "node:test";
import { findProcesses } from "#base/find-process";
import { MiB, TestLodge } from "../../vm/daemon.ts";
import { lacksCeph, TestCeph } from "../../vm/disk/ceph.ts";
import { attack } from "../attack.ts";
import { Canary, filesBelow, inProcesses } from "../secret/canary.ts";

describe("a pool of Ceph's", { skip: await lacksCeph() }, () => {
  let ceph: TestCeph;
  let lodge: TestLodge;
  let qemu = 0;
  let server = 0;
  const canary = new Canary();

  before(async () => {
    ceph = await TestCeph.start();
    lodge = await TestLodge.start(undefined, { parked: false });
    const { monitors, user, key } = ceph;
    canary.know("Ceph's key", key);
    const body = { name: "ceph", kind: "rbd", target: ceph.pool, monitors, user, key } as const;
    await lodge.client.call("poolCreate", { body });
    for (const name of ["g", "h"]) {
      await lodge.run({ name, cold: true });
      await lodge.done(
        lodge.client.call("volumeCreate", { body: { name: `of-${name}`, size: 8 * MiB, pool: "ceph" } }),
      );
      const params = { volume: `of-${name}` };
      await lodge.done(lodge.client.call("volumeAttach", { params, body: { guest: name } }));
    }
    const { id } = await lodge.guest("g");
    const [first] = await findProcesses(
      ([program = "", ...words]) => program.includes("qemu-system") && words.join(" ").includes(id),
    );
    qemu = first!.pid;
    const [name] = readdirSync(seen(qemu));
    server = (JSON.parse(readFileSync(join(folder(), ".exports", `${name}.json`), "utf8")) as { pid: number })
      .pid;
  });
  after(async () => {
    try {
      for (const name of lodge ? ["g", "h"] : []) {
        await lodge.remove(name);
        await lodge.client.call("volumeDelete", { params: { volume: `of-${name}` } });
      }
      await lodge?.[Symbol.asyncDispose]();
    } finally {
      await ceph?.[Symbol.asyncDispose]();
    }
  });

  const folder = () => join(lodge.home, "rbd", "ceph");
  /** The pool's folder, as this process has it. */
  const seen = (pid: number) => join(`/proc/${pid}/root`, folder());
  const status = (pid: number, field: string) =>
    new RegExp(`^${field}:\\s*(.*)$`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8"))![1]!.split("\t");

  attack("a guest's process looks for a neighbour's image", () => {
    const all = readdirSync(folder()).filter((name) => name.endsWith(".raw"));
    assert.equal(all.length, 2);
    assert.equal(readdirSync(seen(qemu)).length, 1);
  });

  attack("a guest's process looks for what serves its image, and for its socket", () => {
    assert.ok(existsSync(join(folder(), ".exports")));
    assert.ok(!existsSync(join(seen(qemu), ".exports")));
    const sockets = readFileSync(`/proc/${server}/net/unix`, "utf8");
    assert.ok(!sockets.includes(folder()));
  });

  attack("a guest's process looks for Ceph's key in its memory", async () => {
    assert.deepEqual(await inMemory(qemu, ceph.key), false);
    assert.deepEqual(await inMemory(server, ceph.key), true, "it would be found");
  });

  attack("a guest's process speaks to Ceph", () => {
    const network = (pid: number | "self") => readlinkSync(`/proc/${pid}/ns/net`);
    assert.notEqual(network(qemu), network("self"));
    assert.equal(readFileSync(`/proc/${qemu}/net/route`, "utf8").trim().split("\n").length, 1);
  });

  attack("Ceph's key is looked for in arguments, environments, and files of the home", () => {
    assert.deepEqual(inProcesses(canary), []);
    const found = filesBelow(lodge.home, canary).filter(({ fields }) => fields.length > 0);
    assert.deepEqual(found, []);
  });

  attack("what serves an image looks for a guest's files and the host's", () => {
    for (const path of [lodge.home, "/etc/shadow", "/etc/passwd", "/root", "/dev/fuse"])
      assert.ok(!existsSync(join(`/proc/${server}/root`, path)), path);
  });

  attack("what serves an image has rights on the host", () => {
    const [uid] = status(server, "Uid");
    assert.ok(Number(uid) > 0x7fff_0000 && uid !== status(qemu, "Uid")[0]);
    for (const set of ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"])
      assert.match(status(server, set)[0]!, /^0+$/, set);
    assert.equal(status(server, "NoNewPrivs")[0], "1");
    assert.equal(status(server, "Seccomp")[0], "2");
  });
});

/** Is this text anywhere in the memory of a process? */
async function inMemory(pid: number, text: string): Promise<boolean> {
  const needle = Buffer.from(text);
  const areas = readFileSync(`/proc/${pid}/maps`, "utf8")
    .split("\n")
    .filter((line) => / rw/.test(line));
  await using memory = await open(`/proc/${pid}/mem`, "r");
  for (const area of areas) {
    const [from = 0, to = 0] = area
      .split(" ")[0]!
      .split("-")
      .map((address) => Number.parseInt(address, 16));
    const bytes = Buffer.alloc(4 * MiB);
    for (let at = from; at < to; at += bytes.length - needle.length) {
      const length = Math.min(bytes.length, to - at);
      const { bytesRead } = await memory.read(bytes, 0, length, at).catch(() => ({ bytesRead: 0 }));
      if (bytes.subarray(0, bytesRead).includes(needle)) return true;
    }
  }
  return false;
}
