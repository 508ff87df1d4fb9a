import assert from "node:assert/strict";
import { closeSync, ftruncateSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { receiveBranch, type Receiving } from "./receive.ts";
import { mainBlock, mainSize, sampleStream, smallBlock } from "./sample-stream.ts";
import { pageSize } from "./stream-splitter.ts";

describe("receiving a branch", () => {
  let folder = "";
  let ram = -1;
  let receiving: Receiving;
  const at = (name: string) => join(folder, name);

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "receive-"));
    ram = openSync(at("ram"), "w+");
    ftruncateSync(ram, mainSize);
    receiving = await receiveBranch({ socket: at("socket"), ram, stateFile: at("state") });
  });
  afterEach(async () => {
    await receiving.close();
    closeSync(ram);
    rmSync(folder, { recursive: true });
  });

  const send = (bytes: Buffer) =>
    new Promise<void>((resolve) => {
      const socket = connect(at("socket"), () => socket.end(bytes));
      socket.on("error", () => undefined);
      socket.on("close", () => resolve());
    });
  const small = { block: smallBlock, offset: 0, fill: 4 };
  const stream = sampleStream([[{ block: mainBlock, offset: pageSize, fill: 7 }, small], []]);

  it("puts the memory into one file and the rest into another", async () => {
    await send(stream);
    assert.deepEqual(await receiving.received, { ramBytes: pageSize });
    await receiving.close();
    const memory = readFileSync(at("ram"));
    assert.deepEqual([memory[0], memory[pageSize], memory[2 * pageSize]], [0, 7, 0]);
    assert.deepEqual(readFileSync(at("state")), sampleStream([[small], []]));
    assert.deepEqual(readdirSync(folder).sort(), ["ram", "state"]);
  });

  it("tells a stream that is cut off, and leaves no state", async () => {
    await send(stream.subarray(0, -1));
    await assert.rejects(receiving.received, {
      code: "host.qemu_failed",
      detail: /ended before it was whole/,
    });
    await receiving.close();
    assert.deepEqual(readdirSync(folder), ["ram"]);
  });

  it("hangs up on what is no stream", async () => {
    await send(Buffer.alloc(1 << 20, 1));
    await assert.rejects(receiving.received, { code: "host.qemu_failed", detail: /no migration stream/ });
  });

  it("ends when it is closed, with nothing left", async () => {
    const socket = connect(at("socket"), () => socket.write(stream.subarray(0, 5000)));
    socket.on("error", () => undefined);
    await new Promise((resolve) => socket.once("connect", resolve));
    await receiving.close();
    await assert.rejects(receiving.received, { code: "host.qemu_failed" });
    socket.destroy();
    assert.deepEqual(readdirSync(folder), ["ram"]);
  });

  it("says why it cannot listen", async () => {
    const options = { socket: at("missing/socket"), ram, stateFile: at("state") };
    await assert.rejects(receiveBranch(options), { code: "api.internal", detail: /missing\/socket/ });
  });
});
