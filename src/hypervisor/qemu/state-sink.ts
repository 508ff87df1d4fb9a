/** Where a machine's outgoing state lands: a unix socket for QEMU to connect to, a file behind it. */
import { createWriteStream } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { pipeline } from "node:stream/promises";
import { LodgeError } from "#contract/errors";
import { shareOwn } from "#base/own-socket";
import { encrypting } from "./state-cipher.ts";

export interface Sink {
  /** Why the file could not be written, where that is so: QEMU then only says that the connection broke. */
  failure(): unknown;
  /** Waits for the last byte, flushes it to disk and gives the file its name. */
  finish(): Promise<void>;
  /** Removes what came. Idempotent. */
  discard(): Promise<void>;
}

/**
 * Listens at `socket` for one connection and writes what comes to `file`, under another name until finished.
 * `key`: that it is encrypted with.
 */
export async function openSink(socket: string, file: string, key?: Uint8Array): Promise<Sink> {
  const partial = `${file}.partial`;
  await rm(socket, { force: true });
  let connection: Socket | undefined;
  const server = createServer();
  const written = new Promise<void>((resolve, reject) => {
    server.once("connection", (accepted) => {
      connection = accepted;
      const into = createWriteStream(partial, { mode: 0o600, highWaterMark: 1 << 20 });
      const done = key ? pipeline(accepted, encrypting(key), into) : pipeline(accepted, into);
      done.then(resolve, reject);
    });
  });
  let failure: unknown;
  written.catch((error: NodeJS.ErrnoException) => {
    if (error.syscall === "write" || error.syscall === "open") failure = fullDisk(error, file);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(socket, resolve);
  });
  shareOwn(socket);
  const close = async () => {
    server.close();
    connection?.destroy();
    await rm(socket, { force: true });
  };
  return {
    failure: () => failure,
    async finish() {
      await written;
      await close();
      const handle = await open(partial, "r+");
      await handle.datasync().finally(() => handle.close());
      await rename(partial, file);
    },
    async discard() {
      await close();
      await rm(partial, { force: true });
    },
  };
}

const fullDisk = (error: NodeJS.ErrnoException, path: string): unknown =>
  ["ENOSPC", "EDQUOT"].includes(String(error.code))
    ? new LodgeError("host.no_space", { path }, { cause: error })
    : error;
