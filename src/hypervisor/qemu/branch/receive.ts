/**
 * Receives a running machine's state by a thread of the daemon's: the RAM into its file, which may be one in
 * memory, everything else into another file. A QEMU that maps the first and loads the second is the machine.
 *
 * Compared with a second QEMU that receives, no page that is zero is touched, and no process is started.
 */
import { fstatSync } from "node:fs";
import { rm } from "node:fs/promises";
import { Worker } from "node:worker_threads";
import { LodgeError } from "#contract/errors";
import { shareOwn } from "#base/own-socket";
import type { ReceiveData, ReceiveReport } from "./receive-protocol.ts";

export interface ReceiveOptions {
  /** Path for the unix socket that QEMU sends to. */
  readonly socket: string;
  /** Descriptor of the RAM file: as large as the machine's memory, empty, open for writing; the caller closes it. */
  readonly ram: number;
  /**
   * File for the devices' state, written in place: one that is there already stays the same file. It is
   * removed when it is not whole, and not flushed to disk, as the RAM is in memory only, too.
   */
  readonly stateFile: string;
}

export interface Received {
  /** Bytes of the RAM file that hold something. */
  readonly ramBytes: number;
}

export interface Receiving {
  /** Resolves when all has come and is written. @throws LodgeError host.qemu_failed, host.no_space. */
  readonly received: Promise<Received>;
  /** Ends the thread and removes its socket and what is not whole. Idempotent. */
  close(): Promise<void>;
}

/** What argv.ts's backend "ram" is called in a migration stream. */
const block = "ram";

function failureOf({ why, detail }: ReceiveReport & { kind: "failed" }, stateFile: string): LodgeError {
  switch (why) {
    case "space":
      return new LodgeError("host.no_space", { path: stateFile }, { detail });
    case "stream":
      return new LodgeError("host.qemu_failed", { command: "migrate" }, { detail });
    case "unknown":
      return new LodgeError("api.internal", {}, { detail });
  }
}

/** Starts to listen. The caller closes what this returns, whatever happens. */
export async function receiveBranch(options: ReceiveOptions): Promise<Receiving> {
  const { socket, ram, stateFile } = options;
  await rm(socket, { force: true });
  const workerData: ReceiveData = { socket, ram, stateFile, block, ramBytes: fstatSync(ram).size };
  const worker = new Worker(new URL("./receive-worker.ts", import.meta.url), { workerData });
  const listening = Promise.withResolvers<void>();
  const received = Promise.withResolvers<Received>();
  const fail = (error: unknown) => {
    listening.reject(error);
    received.reject(error);
  };
  worker.on("message", (message: ReceiveReport) => {
    if (message.kind === "listening") {
      shareOwn(socket);
      listening.resolve();
    } else if (message.kind === "received") received.resolve({ ramBytes: message.pages * 4096 });
    else fail(failureOf(message, stateFile));
  });
  worker.on("error", fail);
  worker.on("exit", () =>
    fail(new LodgeError("host.qemu_failed", { command: "migrate" }, { detail: "nobody receives the state" })),
  );
  let whole = false;
  received.promise.then(
    () => (whole = true),
    () => undefined,
  );
  const close = async () => {
    await worker.terminate();
    await rm(socket, { force: true });
    if (!whole) await rm(stateFile, { force: true });
  };
  try {
    await listening.promise;
  } catch (error) {
    await close();
    throw error;
  }
  return { received: received.promise, close };
}
