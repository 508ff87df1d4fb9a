/**
 * The thread that takes a branch's stream from QEMU. Protocol: receive-protocol.ts. It imports little, since
 * a branch waits for its start.
 */
import { openSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { parentPort, workerData } from "node:worker_threads";
import { PageWriter, writeWhole } from "./page-writer.ts";
import type { ReceiveData, ReceiveReport } from "./receive-protocol.ts";
import { BrokenStream, StreamSplitter } from "./stream-splitter.ts";

const port = parentPort!;
const data = workerData as ReceiveData;
const report = (message: ReceiveReport) => port.postMessage(message);

/** Collects small pieces for a file, in order. */
class StateWriter {
  readonly #descriptor: number;
  readonly #waiting = Buffer.alloc(2 ** 18);
  #filled = 0;
  #written = 0;

  constructor(path: string) {
    this.#descriptor = openSync(path, "w", 0o600);
  }

  write(bytes: Uint8Array): void {
    if (this.#filled + bytes.length > this.#waiting.length) this.flush();
    if (bytes.length > this.#waiting.length) return this.#put(bytes);
    this.#waiting.set(bytes, this.#filled);
    this.#filled += bytes.length;
  }

  flush(): void {
    this.#put(this.#waiting.subarray(0, this.#filled));
    this.#filled = 0;
  }

  #put(bytes: Uint8Array): void {
    writeWhole(this.#descriptor, bytes, this.#written);
    this.#written += bytes.length;
  }
}

function reportFailure(error: unknown): void {
  const full = error instanceof Error && "code" in error && error.code === "ENOSPC";
  if (full) report({ kind: "failed", why: "space", detail: error.message });
  else if (error instanceof BrokenStream) report({ kind: "failed", why: "stream", detail: error.message });
  else {
    const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
    report({ kind: "failed", why: "unknown", detail });
  }
}

function receive(connection: Socket): void {
  const state = new StateWriter(data.stateFile);
  const pages = new PageWriter(data.ram, data.ramBytes);
  const splitter = new StreamSplitter(
    { block: data.block, size: data.ramBytes },
    {
      page: (offset, bytes) => pages.page(offset, bytes),
      zeroPage: (offset) => pages.zeroPage(offset),
      kept: (bytes) => state.write(bytes),
    },
  );
  /** The report goes first: QEMU's own complaint about the closed socket would hide the reason. */
  const attempt = (work: () => void) => {
    try {
      work();
    } catch (error) {
      reportFailure(error);
      connection.removeAllListeners("data");
      connection.removeAllListeners("end");
      connection.destroy();
    }
  };
  connection.on("data", (chunk: Buffer) => attempt(() => splitter.push(chunk)));
  connection.on("end", () =>
    attempt(() => {
      splitter.end();
      pages.flush();
      state.flush();
      report({ kind: "received", pages: pages.pages });
    }),
  );
  connection.on("error", (error) =>
    attempt(() => {
      throw error;
    }),
  );
}

const server = createServer((connection) => {
  server.close();
  receive(connection);
});
server.on("error", reportFailure);
server.listen(data.socket, () => report({ kind: "listening" }));
