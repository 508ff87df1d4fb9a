import assert from "node:assert/strict";
import { chownSync, linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { connectOwn } from "./own-socket.ts";

const folder = mkdtempSync(join(tmpdir(), "lodge-own-socket-"));
after(() => rmSync(folder, { recursive: true, force: true }));

async function listen(path: string) {
  const server = createServer((socket) => socket.end("hello"));
  await new Promise<void>((resolve) => server.listen(path, resolve));
  after(() => server.close());
  return server;
}

const outcome = (socket: Socket) =>
  new Promise<string>((resolve) => {
    let text = "";
    socket.on("data", (data) => (text += data.toString()));
    socket.once("end", () => resolve(text));
    socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code!));
  });

test("a socket is connected to", async () => {
  await listen(join(folder, "true"));
  assert.equal(await outcome(connectOwn(join(folder, "true"))), "hello");
});

test("one that is not there says so, as net.connect() does", async () => {
  assert.equal(await outcome(connectOwn(join(folder, "none"))), "ENOENT");
});

test("a link that leads to another's socket is not followed, a file is no socket", async () => {
  await listen(join(folder, "other"));
  symlinkSync(join(folder, "other"), join(folder, "link"));
  writeFileSync(join(folder, "file"), "");
  assert.equal(await outcome(connectOwn(join(folder, "link"))), "ECONNREFUSED");
  assert.equal(await outcome(connectOwn(join(folder, "file"))), "ECONNREFUSED");
});

test("a hard link to a third one's socket is refused", { skip: process.getuid?.() !== 0 }, async () => {
  const theirs = join(folder, "theirs");
  mkdirSync(theirs);
  await listen(join(theirs, "socket"));
  chownSync(join(theirs, "socket"), 12345, 12345);
  const mine = join(folder, "mine");
  mkdirSync(mine);
  chownSync(mine, 23456, 23456);
  linkSync(join(theirs, "socket"), join(mine, "socket"));
  assert.equal(await outcome(connectOwn(join(mine, "socket"))), "ECONNREFUSED");
});
