import assert from "node:assert/strict";
import { closeSync, readSync, writeSync } from "node:fs";
import { describe, it, test } from "node:test";
import { spawnSync } from "node:child_process";
import { mallocTrim, socketPair } from "./libc.ts";

describe("a pair of sockets", () => {
  it("is connected to itself, and ends with either end", () => {
    const [a, b] = socketPair()!;
    writeSync(a, "there");
    const bytes = Buffer.alloc(16);
    assert.equal(bytes.toString("utf8", 0, readSync(b, bytes)), "there");
    writeSync(b, "back");
    assert.equal(bytes.toString("utf8", 0, readSync(a, bytes)), "back");
    closeSync(a);
    assert.equal(readSync(b, bytes), 0);
    closeSync(b);
  });

  it("is inherited by nobody who was not given it", () => {
    const [a, b] = socketPair()!;
    const listed = (given: number[]) =>
      spawnSync("ls", ["-l", "/proc/self/fd"], { stdio: ["ignore", "pipe", "ignore", ...given] })
        .stdout.toString()
        .split("\n")
        .filter((line) => line.includes("socket:")).length;
    assert.equal(listed([a]) - listed([]), 1);
    closeSync(a);
    closeSync(b);
  });
});

test("memory that was freed between what is kept goes back to the host", () => {
  const buffers = Array.from({ length: 1000 }, () => new ArrayBuffer(40_000));
  // Written to, so that the host has given it; transferred to nothing, so that it is free at once.
  for (const buffer of buffers) new Uint8Array(buffer).fill(1);
  for (const [at, buffer] of buffers.entries()) if (at % 10 > 0) buffer.transfer(0);
  const before = process.memoryUsage.rss();
  mallocTrim();
  assert.ok(before - process.memoryUsage.rss() > 20 * 2 ** 20);
});
