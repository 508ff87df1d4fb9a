/** Is what a user gives for cloud-init anything on the host but bytes? */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe } from "node:test";
import fc from "fast-check";
import { hasCode } from "#contract/errors";
import { redact } from "#domain/guest/redact";
import { guestPlace } from "#domain/guest/place";
import { seedVolume } from "#hypervisor/image/seed";
import { seedFiles } from "#hypervisor/image/seed-contents";
import { FakedDaemon } from "../../fakes/faked-daemon.ts";
import { diskBytes, sourceOf } from "../../fakes/upload-source.ts";
import { attack } from "../attack.ts";

const bomb = [
  "#cloud-config",
  "a: &a [lol,lol,lol,lol,lol,lol,lol,lol,lol]",
  ...Array.from({ length: 12 }, (_, at) => {
    const [now, before] = ["bcdefghijklm"[at]!, "abcdefghijkl"[at]!];
    return `${now}: &${now} [${Array.from({ length: 9 }, () => `*${before}`).join(",")}]`;
  }),
  "",
].join("\n");

describe("user-data", () => {
  let daemon: FakedDaemon;
  before(async () => {
    daemon = await FakedDaemon.start();
    const { id } = await daemon.client.upload(sourceOf("plain.img", diskBytes(2 ** 20)));
    await daemon.client.waitFor(
      await daemon.client.call("uploadImport", { params: { upload: id }, body: {} }),
    );
  });
  after(() => daemon.close());

  async function create(name: string, userData: string): Promise<string> {
    const body = { image: "plain", name, userData, wait: "none" as const, network: [] };
    await daemon.client.waitFor(await daemon.client.call("guestCreate", { body }));
    return (await daemon.client.call("guestGet", { params: { guest: name } })).id;
  }
  const memory = (): number =>
    Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${daemon.pid}/status`, "utf8"))![1]);

  attack("its aliases multiply to a billion words", async () => {
    const before = memory();
    await create("laughs", bomb);
    const shown = await daemon.client.call("cloudInitGet", { params: { guest: "laughs" } });
    assert.equal(shown.userData, bomb);
    assert.ok(memory() - before < 200 * 1024, "it was interpreted");
  });

  attack("it is larger than a megabyte", async () => {
    const body = {
      image: "plain",
      name: "large",
      userData: "x".repeat(2 ** 20 + 1),
      start: false,
      network: [],
    };
    await assert.rejects(daemon.client.call("guestCreate", { body }), (error) =>
      hasCode(error, "api.invalid"),
    );
  });

  attack("it has YAML's tags that make objects, and templates that ask for the host", async () => {
    const evil =
      "## template: jinja\n#cloud-config\nx: !!python/object/apply:os.system ['touch /tmp/lodge-evil']\ny: {{ ds }}\n";
    const id = await create("tags", evil);
    assert.throws(() => readFileSync("/tmp/lodge-evil"));
    const seed = readFileSync(guestPlace(daemon.paths, id).seed);
    assert.ok(seed.includes(evil), "it is not what was given");
  });

  attack("it breaks out of its place on the seed's volume", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary" }),
        fc.string(),
        fc.array(fc.string()),
        (userData, hostname, sshKeys) => {
          const files = seedFiles({ instanceId: "g1", hostname, sshKeys, userData });
          assert.deepEqual(Object.keys(files).toSorted(), ["meta-data", "user-data", "vendor-data"]);
          assert.equal(files["user-data"], userData);
          assert.deepEqual(JSON.parse(files["meta-data"]!), {
            "instance-id": "g1",
            "local-hostname": hostname,
            "public-keys": sshKeys,
          });
          assert.equal(seedVolume(files).length % 2048, 0);
        },
      ),
    );
  });

  attack("a key for SSH has a second line, with a key of its own", async () => {
    const sshKeys = ["ssh-ed25519 AAAA\nssh-ed25519 BBBB somebody-else"];
    const body = { image: "plain", name: "keys", sshKeys, start: false, network: [] };
    await assert.rejects(daemon.client.call("guestCreate", { body }), (error) =>
      hasCode(error, "api.invalid"),
    );
  });

  attack(
    "its lines are made to take whoever hides secrets in them for ever",
    () => {
      const long = 2 ** 18;
      for (const text of [
        "pass".repeat(long),
        `password${" ".repeat(long)}`,
        `${" ".repeat(long)}-`,
        "-----BEGIN ".repeat(long / 8),
        `-----BEGIN ${"A ".repeat(long)}`,
        `token=${'"'.repeat(long)}`,
        `x: {${"pass: ".repeat(long / 4)}`,
        `${"a".repeat(long)}:`,
      ])
        assert.ok(redact(text).length > 0);
    },
    { timeout: 30_000 },
  );
});
