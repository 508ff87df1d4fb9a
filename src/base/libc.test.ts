import assert from "node:assert/strict";
import { closeSync, readSync, writeSync } from "node:fs";
import { describe, it } from "node:test";
import { spawnSync } from "node:child_process";
import { socketPair } from "./libc.ts";

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
