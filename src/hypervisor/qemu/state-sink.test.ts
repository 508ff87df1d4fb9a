import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, symlink } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { once } from "node:events";
import { afterEach, beforeEach, describe, it } from "node:test";
import { openSink } from "./state-sink.ts";

describe("where a machine's state lands", () => {
  let folder = "";
  beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), "lodge-sink-"))));
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const open = () => openSink(join(folder, "s"), join(folder, "state"));
  async function sender(): Promise<Socket> {
    const socket = connect(join(folder, "s"));
    socket.on("error", () => undefined);
    await once(socket, "connect");
    return socket;
  }

  it("is a file once all has come", async () => {
    const sink = await open();
    (await sender()).end("all of it");
    await sink.finish();
    assert.equal(await readFile(join(folder, "state"), "utf8"), "all of it");
    assert.deepEqual(await readdir(folder), ["state"]);
  });

  it("is nothing where it was given up, which is no failure of the file's", async () => {
    const sink = await open();
    const socket = await sender();
    socket.write("a part");
    const closed = new Promise((resolve) => socket.once("close", resolve));
    await sink.discard();
    await closed;
    assert.equal(sink.failure(), undefined);
    assert.deepEqual(await readdir(folder), []);
  });

  it("says when the disk is full", async () => {
    await symlink("/dev/full", join(folder, "state.partial"));
    const sink = await open();
    const socket = await sender();
    const closed = new Promise((resolve) => socket.once("close", resolve));
    socket.write("too much");
    await closed;
    assert.equal((sink.failure() as { code: string }).code, "host.no_space");
    await sink.discard();
    assert.deepEqual(await readdir(folder), []);
  });
});
