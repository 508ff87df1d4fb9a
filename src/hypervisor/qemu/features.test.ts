import assert from "node:assert/strict";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { hasCode } from "#contract/errors";
import { qemuFeatures, readAnswers } from "./features.ts";

const reply = (id: string, value: unknown) => JSON.stringify({ id, return: value });
const schema = [
  { name: "netdev_add", "meta-type": "command", "arg-type": "7" },
  {
    name: "7",
    "meta-type": "object",
    members: [
      { name: "id", type: "str" },
      { name: "type", type: "9" },
    ],
  },
  { name: "9", "meta-type": "enum", members: [{ name: "user" }, { name: "stream" }] },
  { name: "STOP", "meta-type": "event" },
];
const answers = [
  JSON.stringify({ QMP: { version: {} } }),
  JSON.stringify({ return: {} }),
  reply("version", { qemu: { major: 10, minor: 0, micro: 3 } }),
  reply("machines", [
    { name: "pc-q35-9.2", deprecated: false },
    { name: "pc-q35-10.0", alias: "q35", deprecated: false },
    { name: "pc-i440fx-10.0", alias: "pc", deprecated: false },
  ]),
  reply("devices", [{ name: "vmgenid" }, { name: "tpm-crb" }]),
  reply("schema", schema),
  reply("migration", [{ capability: "mapped-ram", state: false }]),
  reply("file", [{ name: "share" }, { name: "rom" }]),
  JSON.stringify({ id: "memfd", error: { class: "GenericError", desc: "no such type" } }),
  reply("tcg", [{ name: "tb-size" }]),
  JSON.stringify({ event: "SHUTDOWN", data: {} }),
];

describe("QEMU's answers", () => {
  it("become features, the alias q35 naming the newest machine type", () => {
    const features = readAnswers(answers.join("\r\n"));
    assert.deepEqual(features, {
      version: "10.0.3",
      machine: "pc-q35-10.0",
      machines: ["pc-q35-10.0", "pc-q35-9.2"],
      devices: ["tpm-crb", "vmgenid"],
      commands: ["netdev_add"],
      migration: ["mapped-ram"],
      netdevs: ["stream", "user"],
      fileBackend: ["rom", "share"],
      memfdBackend: [],
      tcg: ["tb-size"],
    });
  });

  it("are refused when a needed one is missing", () => {
    const without = answers.filter((line) => !line.includes('"devices"'));
    assert.throws(
      () => readAnswers(without.join("\n")),
      (error) => hasCode(error, "host.qemu_failed"),
    );
  });
});

describe("the cache of QEMU's features", () => {
  let folder = "";
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "features-"));
  });
  after(() => rm(folder, { recursive: true }));

  /** A program that answers as QEMU does and leaves a mark each time it is asked. */
  const install = async (binary: string, extra = "") => {
    const script = `#!/bin/sh\necho asked >> ${folder}/asked${extra}\ncat <<'END'\n${answers.join("\n")}\nEND\n`;
    await writeFile(binary, script);
    await chmod(binary, 0o755);
  };

  it("asks once, again after an upgrade, and again when the file is damaged", async () => {
    const binary = join(folder, "qemu");
    const cacheFile = join(folder, "cache", "features.json");
    const marks = () => readFile(join(folder, "asked"), "utf8");
    await install(binary);
    const first = await qemuFeatures({ binary, cacheFile });
    assert.deepEqual(await qemuFeatures({ binary, cacheFile }), first);
    assert.equal(await marks(), "asked\n");
    await install(binary, " # newer");
    const second = await qemuFeatures({ binary, cacheFile });
    assert.notEqual(second.identity, first.identity);
    await writeFile(cacheFile, "{");
    assert.deepEqual(await qemuFeatures({ binary, cacheFile }), second);
    assert.equal(await marks(), "asked\nasked\nasked\n");
  });

  it("asks again where an answer was cut off, and says so where that goes on", async () => {
    const binary = join(folder, "cut");
    const whole = join(folder, "whole");
    await writeFile(whole, answers.join("\n"));
    const say = (bytes: string) =>
      `#!/bin/sh\nif [ -e ${folder}/once ]; then cat ${whole}; else ${bytes} head -c 300 ${whole}; fi\n`;
    await writeFile(binary, say(`touch ${folder}/once;`), { mode: 0o755 });
    assert.equal((await qemuFeatures({ binary, cacheFile: join(folder, "cut.json") })).version, "10.0.3");
    await rm(join(folder, "once"));
    await writeFile(binary, say(""), { mode: 0o755 });
    await assert.rejects(qemuFeatures({ binary, cacheFile: join(folder, "never.json") }), (error) =>
      hasCode(error, "host.qemu_failed"),
    );
  });

  it("says which package is missing where there is no QEMU", async () => {
    const missing = qemuFeatures({ binary: join(folder, "none"), cacheFile: join(folder, "x.json") });
    await assert.rejects(missing, (error) => hasCode(error, "host.command_missing"));
  });
});
