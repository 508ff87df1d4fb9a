import { Transform, type Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { stdout } from "#contract/stream";
import type { Address } from "../address.ts";
import { Connection } from "./connection.ts";

export async function fileOut(
  address: Address,
  path: string,
  file: string,
  signal?: AbortSignal,
): Promise<Readable> {
  const connection = new Connection<"end">(
    address,
    path,
    { type: "file", direction: "out", path: file },
    signal,
  );
  const output = connection.output(stdout, () => connection.close(undefined));
  // The end of what came is the archive's end only where the server says so.
  const whole = new Transform({
    transform: (chunk, _encoding, done) => done(null, chunk),
    flush: (done) => {
      connection.ended.then(() => done(), done);
    },
  });
  await connection.started;
  pipeline(output, whole).catch(() => undefined);
  return whole;
}

export async function fileIn(
  address: Address,
  path: string,
  file: string,
  content: Readable,
  signal?: AbortSignal,
): Promise<void> {
  const connection = new Connection<"end">(
    address,
    path,
    { type: "file", direction: "in", path: file },
    signal,
  );
  try {
    await connection.started;
    await Promise.all([connection.ended, sendAll(content, connection)]);
  } finally {
    connection.close(undefined);
    content.destroy();
  }
}

/** A source that fails cuts the connection, so that the server does not take it for the archive's end. */
async function sendAll(content: Readable, connection: Connection<"end">): Promise<void> {
  try {
    await pipeline(content, connection.input());
  } catch (error) {
    connection.close(error);
    throw error;
  }
}
