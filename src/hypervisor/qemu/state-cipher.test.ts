import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { closeSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { connect, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { decryptedState } from "./state-cipher.ts";
import { openSink } from "./state-sink.ts";

describe("a saved machine that is encrypted", () => {
  let folder = "";
  beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), "lodge-cipher-"))));
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it("is nothing like itself in its file, and comes back as it was", async () => {
    const [key, file] = [randomBytes(32), join(folder, "state")];
    const state = Buffer.from("a word in memory, ".repeat(200_000));
    const sink = await openSink(join(folder, "s"), file, key);
    connect(join(folder, "s")).end(state);
    await sink.finish();
    const stored = await readFile(file);
    assert.equal(stored.length, state.length);
    assert.ok(!stored.includes("memory"));
    const end = new Socket({ fd: decryptedState(file, key), writable: false });
    const parts: Buffer[] = [];
    for await (const part of end) parts.push(part as Buffer);
    assert.ok(Buffer.concat(parts).equals(state));
  });

  it("harms nobody where nobody reads it", async () => {
    const file = join(folder, "state");
    const sink = await openSink(join(folder, "s"), file);
    connect(join(folder, "s")).end(Buffer.alloc(2 ** 22));
    await sink.finish();
    closeSync(decryptedState(file, randomBytes(32)));
    closeSync(decryptedState(join(folder, "none"), randomBytes(32)));
  });
});
