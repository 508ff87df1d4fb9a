import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { findChecksum } from "./checksum-list.ts";

const a = "a".repeat(64);
const b = "b".repeat(64);
const long = "c".repeat(128);

describe("a publisher's list of checksums", () => {
  it("is read in sha256sum's form, binary or not, and by the whole name", () => {
    const list = `${b} *other-disk.img\n${a} *disk.img\n`;
    assert.deepEqual(findChecksum(list, "disk.img"), { algorithm: "sha256", value: a });
    assert.deepEqual(findChecksum(`${a}  ./disk.img\n`, "disk.img")?.value, a);
    assert.equal(findChecksum(list, "isk.img"), undefined);
  });

  it("is read in BSD's form, within a signature", () => {
    const list = `-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n# disk.img: 5 bytes\nSHA256 (disk.img) = ${a.toUpperCase()}\n-----BEGIN PGP SIGNATURE-----\n\nabc=\n`;
    assert.deepEqual(findChecksum(list, "disk.img"), { algorithm: "sha256", value: a });
    assert.equal(findChecksum(list, "5 bytes"), undefined);
  });

  it("may be one bare checksum, or a SHA-512", () => {
    assert.deepEqual(findChecksum(`${long}\n`, "disk.img"), { algorithm: "sha512", value: long });
    assert.deepEqual(findChecksum(`${long}  disk.img\n`, "disk.img"), { algorithm: "sha512", value: long });
    assert.equal(findChecksum(`${a}\n${b}\n`, "disk.img"), undefined);
    assert.equal(findChecksum("<html>Not found</html>", "disk.img"), undefined);
  });
});
