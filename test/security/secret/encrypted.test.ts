/** Does what an encrypted disk hides turn up anywhere else, or a key of it? */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe } from "node:test";
import { exec } from "#base/exec";
import { hasCode, LodgeError } from "#contract/errors";
import { loadSealKey } from "#durable/store/seal";
import { DiskKeys } from "#domain/volume/disk-key";
import { layerPrefix, type Layer } from "#domain/volume/layer";
import { take } from "../../vm/guest/snapshot-world.ts";
import { TestLodge } from "../../vm/daemon.ts";
import { attack } from "../attack.ts";

const canary = `canary-${randomBytes(12).toString("hex")}`;

describe("an encrypted disk", () => {
  let lodge: TestLodge;
  let encrypted: Layer[];
  let keys: DiskKeys;
  before(async () => {
    lodge = await TestLodge.start(undefined, { parked: false });
    for (const name of ["victim", "mallory"]) await lodge.run({ name, cold: true, encrypted: true });
    await lodge.sh("victim", `echo ${canary} | tee /dev/shm/canary | dd of=/dev/vda conv=fsync 2>/dev/null`);
    await take(lodge, "victim", { name: "with-memory", memory: true });
    await lodge.end("SIGTERM");
    const items = await lodge.withStore(async (store) => (await store.list(layerPrefix)).items);
    encrypted = items.map(({ value }) => value as Layer).filter(({ secret }) => secret !== undefined);
    keys = new DiskKeys(await loadSealKey(join(lodge.home, "secret.key")));
    await lodge.start();
  });
  after(() => lodge?.[Symbol.asyncDispose]());

  const filesWith = (words: readonly string[]): Promise<string> =>
    exec("grep", ["-rlF", ...words.flatMap((word) => ["-e", word]), lodge.home]).then(
      ({ stdout }) => stdout,
      (error: unknown) => {
        if (hasCode(error, "host.command_failed")) return "";
        throw error;
      },
    );
  const pidOf = async (guest: string) => (await lodge.guest(guest)).pid!;

  attack(
    "a thief carries the disks, a snapshot and its memory away, and looks for what the guest wrote",
    async () => {
      assert.ok(encrypted.length >= 3, `${encrypted.length} encrypted layers`);
      assert.equal(await filesWith([canary]), "");
    },
  );

  attack("somebody looks for a key in arguments, environments, files, logs and events", async () => {
    const secrets = encrypted.map((layer) => keys.open(layer)!);
    assert.equal(await filesWith(secrets), "");
    for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name)))
      for (const file of ["cmdline", "environ"]) {
        const said = await readFile(`/proc/${pid}/${file}`, "latin1").catch(() => "");
        assert.ok(!secrets.some((secret) => said.includes(secret)), `/proc/${pid}/${file}`);
      }
  });

  attack("a thief carries the disks and the store away, and makes a key file of his own", async () => {
    const own = new DiskKeys(randomBytes(32));
    for (const layer of encrypted)
      assert.throws(
        () => own.open(layer),
        (error) => error instanceof LodgeError && error.code === "store.secret_unreadable",
      );
  });

  attack("somebody puts the sealed key of one disk into the record of another, which he may use", () => {
    const [mine, theirs] = encrypted;
    assert.throws(
      () => keys.open({ id: mine!.id, secret: theirs!.secret! }),
      (error) => error instanceof LodgeError && error.code === "store.secret_unreadable",
    );
  });

  attack(
    "a QEMU that was taken over and left its cell reads a neighbour's key from its descriptors or memory",
    async () => {
      const [victim, mallory] = [await pidOf("victim"), await pidOf("mallory")];
      const status = await readFile(`/proc/${mallory}/status`, "utf8");
      const uid = /^Uid:\s+(\d+)/m.exec(status)![1]!;
      assert.notEqual(uid, "0");
      const holders = (await readdir(`/proc/${victim}/fd`)).map((fd) => `/proc/${victim}/fd/${fd}`);
      for (const path of [...holders, `/proc/${victim}/mem`, `/proc/${victim}/environ`])
        await assert.rejects(
          exec("setpriv", [`--reuid=${uid}`, `--regid=${uid}`, "--clear-groups", "head", "-c", "1", path]),
          { code: "host.command_failed" },
        );
    },
  );

  attack("a QEMU with keys in its memory is made to crash, so that they lie in a core", async () => {
    const limits = await readFile(`/proc/${await pidOf("victim")}/limits`, "utf8");
    assert.match(limits, /^Max core file size\s+0\s+0\s/m);
  });
});
