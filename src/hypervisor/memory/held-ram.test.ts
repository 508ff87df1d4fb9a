import assert from "node:assert/strict";
import { closeSync, mkdtempSync, readSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { isAlive } from "#base/process";
import {
  createRam,
  endOtherHolders,
  isRamSealed,
  loadRam,
  openRam,
  releaseRam,
  residentBytes,
  saveRam,
  sealRam,
} from "./held-ram.ts";

const MiB = 1 << 20;

test("a sealed RAM cannot be written, even by who opens it anew", async () => {
  const holder = await createRam(4 * MiB, "test");
  try {
    const fd = openRam(holder);
    writeSync(fd, "template", 0);
    assert.equal(isRamSealed(holder), false);
    await sealRam(holder);
    await sealRam(holder);
    assert.equal(isRamSealed(holder), true);
    assert.throws(() => writeSync(fd, "x", 0), { code: "EPERM" });
    closeSync(fd);
    const again = openRam(holder);
    assert.throws(() => writeSync(again, "x", 0), { code: "EPERM" });
    closeSync(again);
  } finally {
    await releaseRam(holder);
  }
  assert.equal(isAlive(holder), false);
  assert.throws(() => openRam(holder), { code: "template.not_found" });
  assert.equal(residentBytes(holder), 0);
});

test("a RAM saved to disk comes back the same, sealed and as sparse", async () => {
  const folder = mkdtempSync(join(tmpdir(), "lodge-ram-"));
  const path = join(folder, "ram");
  const first = await createRam(64 * MiB, "test");
  const fd = openRam(first);
  writeSync(fd, "the end", 63 * MiB);
  closeSync(fd);
  await saveRam(first, path);
  await releaseRam(first);
  const second = await loadRam(path, 64 * MiB, "test");
  try {
    assert.equal(isRamSealed(second), true);
    const text = Buffer.alloc(7);
    const opened = openRam(second);
    readSync(opened, text, 0, 7, 63 * MiB);
    closeSync(opened);
    assert.equal(text.toString(), "the end");
    assert.ok(residentBytes(second) < 8 * MiB, `${residentBytes(second)} bytes resident`);
  } finally {
    await releaseRam(second);
    rmSync(folder, { recursive: true });
  }
});

test("loading a file that is missing leaves no holder", async () => {
  await assert.rejects(loadRam("/nonexistent/ram", MiB, "test"), { code: "host.command_failed" });
});

test("holders that nobody remembers are ended, those of others and those in use are not", async () => {
  const owner = `test ${process.pid}`;
  const [forgotten, kept, others] = await Promise.all(
    [owner, owner, `${owner} other`].map((name) => createRam(MiB, name)),
  );
  try {
    await endOtherHolders(owner, new Set([kept!.pid]));
    assert.deepEqual(
      [forgotten, kept, others].map((holder) => isAlive(holder!)),
      [false, true, true],
    );
  } finally {
    await Promise.all([forgotten!, kept!, others!].map(releaseRam));
  }
});
