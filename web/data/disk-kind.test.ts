import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it } from "node:test";
import { diskKind } from "./disk-kind.ts";

it("a disk is known by what is in it, as qemu-img makes it", async () => {
  const folder = mkdtempSync(join(tmpdir(), "kinds-"));
  try {
    for (const [format, kind] of [
      ["qcow2", "qcow2"],
      ["vmdk", "vmdk"],
      ["vdi", "vdi"],
      ["vhdx", "vhdx"],
      ["vpc", "vhd"],
    ] as const) {
      const path = join(folder, format);
      execFileSync("qemu-img", ["create", "-q", "-f", format, path, "4M"]);
      assert.equal(await diskKind(new Blob([readFileSync(path)])), kind);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it("a raw disk is known by its partition table, an ISO by its descriptor, and anything else by nothing", async () => {
  const raw = Buffer.alloc(4096);
  raw.set([0x55, 0xaa], 510);
  const iso = Buffer.alloc(40_000);
  iso.write("CD001", 32_769);
  assert.equal(await diskKind(new Blob([raw])), "raw");
  assert.equal(await diskKind(new Blob([iso])), "iso");
  for (const other of [Buffer.alloc(0), Buffer.alloc(100_000, "text "), Buffer.from("PK\u0003\u0004zip")])
    assert.equal(await diskKind(new Blob([other])), undefined);
});
