/** Is what a guest writes to an encrypted volume unreadable on the host, and its key nowhere but in QEMU's memory? */
import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { exec } from "#base/exec";
import { withNamelessFile } from "#base/nameless-file";
import { loadSealKey } from "#durable/store/seal";
import { DiskKeys } from "#domain/volume/disk-key";
import { layerPrefix, type Layer } from "#domain/volume/layer";
import { MiB, TestLodge } from "../daemon.ts";

const canary = "the canary sings in the clear";
const params = { volume: "vault" };

describe("an encrypted volume", () => {
  let lodge: TestLodge;
  before(async () => {
    lodge = await TestLodge.start(undefined, { parked: false });
    await lodge.run({ name: "g", cold: true });
    const body = { name: "vault", size: 16 * MiB, encrypt: true };
    await lodge.done(lodge.client.call("volumeCreate", { body }));
    await attach();
  });
  after(() => lodge?.[Symbol.asyncDispose]());

  const attach = () => lodge.done(lodge.client.call("volumeAttach", { params, body: { guest: "g" } }));
  const detach = () => lodge.done(lodge.client.call("volumeDetach", { params, body: {} }));
  const read = () => lodge.sh("g", `until head -c ${canary.length} /dev/sda 2>/dev/null; do sleep 0.1; done`);

  it("holds what is written to it, also after the guest was started anew and the volume plugged in again", async () => {
    await lodge.sh("g", "until [ -b /dev/sda ]; do sleep 0.1; done");
    const many = `i=0; while [ $i -lt 1000 ]; do echo '${canary}'; i=$((i+1)); done`;
    await lodge.sh("g", `(${many}) | dd of=/dev/sda conv=notrunc,fsync 2>/dev/null`);
    assert.equal(await read(), canary);
    await lodge.done(lodge.client.call("guestStop", { params: { guest: "g" }, body: { force: true } }));
    await lodge.done(lodge.client.call("guestStart", { params: { guest: "g" } }));
    assert.equal(await read(), canary);
    await detach();
    await lodge.sh("g", "while [ -e /dev/sda ]; do sleep 0.1; done");
    await attach();
    assert.equal(await read(), canary);
  });

  it("comes back with a guest that was suspended", async () => {
    await lodge.done(lodge.client.call("guestSuspend", { params: { guest: "g" } }));
    await lodge.done(lodge.client.call("guestStart", { params: { guest: "g" } }));
    assert.equal(
      await lodge.sh("g", `echo 3 >/proc/sys/vm/drop_caches; head -c ${canary.length} /dev/sda`),
      canary,
    );
  });

  it("grows while its guest runs", async () => {
    await lodge.done(lodge.client.call("volumeResize", { params, body: { size: 24 * MiB } }));
    // The guest is told, and looks when it comes to it.
    await lodge.sh("g", `until [ $(cat /sys/block/sda/size) = ${(24 * MiB) / 512} ]; do sleep 0.1; done`);
  });

  it("is cloned at rest, with what is on it", async () => {
    await detach();
    await lodge.done(lodge.client.call("volumeClone", { params, body: { name: "twin" } }));
    const twin = { volume: "twin" };
    await lodge.done(lodge.client.call("volumeAttach", { params: twin, body: { guest: "g" } }));
    assert.equal(await read(), canary);
    await lodge.done(lodge.client.call("volumeDetach", { params: twin, body: {} }));
    await lodge.client.call("volumeDelete", { params: twin });
    await attach();
  });

  it("is not in the clear anywhere, nor is its key; without which it does not open", async () => {
    const { pid } = await lodge.guest("g");
    const [line, environment] = await Promise.all(
      ["cmdline", "environ"].map((name) => readFile(`/proc/${pid}/${name}`, "latin1")),
    );
    await lodge.end("SIGTERM");
    const layers = await lodge.withStore(async (store) => (await store.list(layerPrefix)).items);
    // What was written before it was cloned; over it is what has a key of its own.
    const layer = layers
      .map(({ value }) => value as Layer)
      .find(({ secret, below }) => secret !== undefined && below === undefined)!;
    const key = new DiskKeys(await loadSealKey(join(lodge.home, "secret.key"))).open(layer)!;
    assert.ok(!line!.includes(key) && !environment!.includes(key));
    const found = await exec("grep", ["-rlF", "-e", key, "-e", canary, lodge.home]).then(
      ({ stdout }) => stdout,
      () => "",
    );
    assert.equal(found, "", "files that have the key or the plain text");
    assert.ok((await readdir(join(lodge.home, "layers"))).length > 0);
    await lodge.rebootHost();
    const open = (secret: string) =>
      withNamelessFile(secret, (descriptor) =>
        exec(
          "qemu-io",
          [
            ...["--object", "secret,id=key,file=/proc/self/fd/3", "--image-opts", "-c", "read -v 0 32"],
            `driver=qcow2,encrypt.key-secret=key,file.filename=${layer.path}`,
          ],
          { descriptors: [descriptor] },
        ),
      );
    assert.match((await open(key)).stdout, /the\.canary\.sings/);
    await assert.rejects(open("AAAA"), { code: "host.command_failed" });
    await lodge.start();
    await lodge.remove("g");
    await lodge.client.call("volumeDelete", { params });
  });
});
