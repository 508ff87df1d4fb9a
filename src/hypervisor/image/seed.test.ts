import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { seedFiles } from "./seed-contents.ts";
import { seedVolume } from "./seed.ts";

/** Reads the root folder of an ISO 9660 volume, in its plain naming (1) or Joliet's (2). */
function readVolume(bytes: Buffer, type: 1 | 2): { label: string; files: Record<string, string> } {
  const decode = (raw: Buffer) =>
    type === 2 ? Buffer.from(raw).swap16().toString("utf16le") : raw.toString("latin1");
  let at = 16 * 2048;
  while (bytes[at] !== type) at += 2048;
  const descriptor = bytes.subarray(at, at + 2048);
  assert.equal(descriptor.toString("latin1", 1, 6), "CD001");
  assert.equal(descriptor.readUInt32LE(80) * 2048, bytes.length);
  const start = descriptor.readUInt32BE(156 + 6) * 2048;
  const folder = bytes.subarray(start, start + descriptor.readUInt32LE(156 + 10));
  const files: Record<string, string> = {};
  for (let entry = 0; (folder[entry] ?? 0) > 0; entry += folder[entry] ?? 0) {
    const name = folder.subarray(entry + 33, entry + 33 + (folder[entry + 32] ?? 0));
    if (name.length === 1) continue;
    const first = folder.readUInt32LE(entry + 2) * 2048;
    files[decode(name)] = bytes.toString("utf8", first, first + folder.readUInt32LE(entry + 10));
  }
  return { label: decode(descriptor.subarray(40, 72)).trim(), files };
}

describe("a seed's volume", () => {
  const files = {
    "meta-data": "{}\n",
    "user-data": "ü".repeat(3000),
    "vendor-data": "",
    "network-config": "a\n",
  };
  const volume = seedVolume(files);

  it("is labelled cidata and gives back its files by their own names", () => {
    const expected = Object.fromEntries(Object.entries(files).map(([name, data]) => [`${name};1`, data]));
    assert.deepEqual(readVolume(volume, 2), { label: "cidata", files: expected });
  });

  it("has the same files in capitals for those who know no Joliet", () => {
    const { label, files: plain } = readVolume(volume, 1);
    assert.equal(label, "cidata");
    assert.deepEqual(Object.keys(plain), ["META-DATA;1", "NETWORK-CONFIG;1", "USER-DATA;1", "VENDOR-DATA;1"]);
  });

  it("is a whole number of sectors, and refuses more files than its folder holds", () => {
    assert.equal(volume.length % 2048, 0);
    const many = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`a-file-called-${i}`, ""]));
    assert.throws(() => seedVolume(many), RangeError);
  });
});

describe("a seed's contents", () => {
  const seed = { instanceId: "g1", hostname: "web", sshKeys: ['ssh-ed25519 AAAA "me": you'] };
  const config = (text: string | undefined) => {
    assert.equal(text?.split("\n")[0], "#cloud-config");
    return JSON.parse(text?.split("\n")[1] ?? "") as unknown;
  };

  it("say who the machine is", () => {
    assert.deepEqual(JSON.parse(seedFiles(seed)["meta-data"] ?? ""), {
      "instance-id": "g1",
      "local-hostname": "web",
      "public-keys": ['ssh-ed25519 AAAA "me": you'],
    });
  });

  it("leave the user's file as it is, whatever it is", () => {
    const userData = "#!/bin/sh\necho 'a: [b'\n";
    assert.equal(seedFiles({ ...seed, userData })["user-data"], userData);
    assert.deepEqual(config(seedFiles(seed)["user-data"]), {});
  });

  it("bring the machine's own key in Lodge's part", () => {
    const hostKey = { privateKey: "-----BEGIN\nx\n", publicKey: "ssh-ed25519 B" };
    assert.deepEqual(config(seedFiles({ ...seed, hostKey })["vendor-data"]), {
      ssh_keys: { ed25519_private: hostKey.privateKey, ed25519_public: hostKey.publicKey },
    });
    assert.deepEqual(config(seedFiles(seed)["vendor-data"]), {});
  });

  it("have a network-config only where one is given", () => {
    assert.equal("network-config" in seedFiles(seed), false);
    assert.equal(seedFiles({ ...seed, networkConfig: "version: 2\n" })["network-config"], "version: 2\n");
  });
});
