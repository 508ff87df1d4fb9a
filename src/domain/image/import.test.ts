import assert from "node:assert/strict";
import { it } from "node:test";
import { nameFromFile } from "./import.ts";

it("an image's name is made of its file's", () => {
  const cases = {
    "/srv/Fedora-41.x86_64.qcow2": "fedora-41.x86_64",
    "debian 12 (copy).RAW": "debian-12-copy-",
    "win.iso": "win",
    "/x/disk.vhdx": "disk",
    "_private.img": "private",
    "/": "image",
    "...": "image",
    ärger: "rger",
    ["a".repeat(80) + ".vdi"]: "a".repeat(63),
  };
  for (const [file, name] of Object.entries(cases)) {
    assert.equal(nameFromFile(file), name);
    assert.match(name, /^[a-z0-9][a-z0-9._-]{0,62}$/);
  }
});
