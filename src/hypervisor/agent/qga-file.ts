/** Files of a guest by QEMU's guest agent, in parts. */
import { LodgeError } from "#contract/errors";
import { integer, parsePart, parseWritten } from "./qga-answer.ts";
import type { QgaCall, QgaClient } from "./qga.ts";

/** Bytes of a file in one call. */
const partSize = 262_144;

const refusal = (path: string) => ({
  refuse: (reason: string) => new LodgeError("agent.file", { path, reason }),
});

const open = (qga: QgaClient, path: string, mode: "r" | "w", call: QgaCall): Promise<number> =>
  qga.call("guest-file-open", { path, mode }, { ...call, ...refusal(path), parse: integer });

const close = (qga: QgaClient, path: string, handle: number): Promise<void> =>
  qga.call("guest-file-close", { handle }, { ...refusal(path), parse: () => undefined });

/** @throws LodgeError agent.file */
export async function* readFile(
  qga: QgaClient,
  path: string,
  call: QgaCall = {},
): AsyncGenerator<Buffer, void> {
  const handle = await open(qga, path, "r", call);
  const question = { ...call, ...refusal(path), parse: parsePart, longest: 2 * partSize };
  try {
    for (;;) {
      const part = await qga.call("guest-file-read", { handle, count: partSize }, question);
      if (part.bytes.length > 0) yield part.bytes;
      if (part.last) return;
    }
  } finally {
    await close(qga, path, handle).catch(() => undefined);
  }
}

/** Overwrites a file; one that is given up half-way stays half written. @throws LodgeError agent.file */
export async function writeFile(
  qga: QgaClient,
  path: string,
  content: AsyncIterable<Uint8Array>,
  call: QgaCall = {},
): Promise<void> {
  const handle = await open(qga, path, "w", call);
  try {
    for await (const bytes of content) await writeAll(qga, path, handle, bytes, call);
  } catch (error) {
    await close(qga, path, handle).catch(() => undefined);
    throw error;
  }
  // What does not fit on the disk may come to light only now.
  await close(qga, path, handle);
}

async function writeAll(
  qga: QgaClient,
  path: string,
  handle: number,
  bytes: Uint8Array,
  call: QgaCall,
): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    const part = bytes.subarray(at, at + partSize);
    const fields = { handle, "buf-b64": Buffer.from(part).toString("base64") };
    const parse = parseWritten(part.length);
    at += await qga.call("guest-file-write", fields, { ...call, ...refusal(path), parse });
  }
}
