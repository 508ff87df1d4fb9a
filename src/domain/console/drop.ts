/**
 * A file that is dropped onto a display: to whoever is signed in at the desktop, by SPICE's agent there; without
 * one, into root's home, by the guest's own agent.
 */
import { Readable } from "node:stream";
import { Header, Pax } from "tar";
import { LodgeError } from "#contract/errors";
import type { DropStart } from "#contract/stream";
import { dropFile, DropError, type DropFailure } from "#hypervisor/spice/file-drop";
import type { Fleet } from "../guest/fleet.ts";
import type { LiveGuest } from "../guest/live.ts";
import { displayDefaults, guestById, type GuestRecord } from "../guest/record.ts";
import { requireAction } from "../guest/state.ts";

/** Where the guest's own agent puts it. */
export const dropFolder = "/root";
/** Milliseconds for that agent to answer: nobody waits for a boot with a file in his hand. */
const patience = 10_000;

const reasons: Readonly<Record<DropFailure, string>> = {
  canSend: "its agent asks for more than there is",
  cancelled: "it was given up in the guest",
  error: "it could not be written there",
  success: "its agent says too early that it is there",
  noSpace: "there is too little room",
  locked: "the desktop is locked",
  noSession: "nobody is signed in at the desktop",
  disabled: "its desktop takes no files",
  gone: "its desktop ended",
  silent: "its desktop does not answer",
  cut: "it is not as long as it was said to be",
};

/**
 * Resolves once it is there, to its folder where that is known.
 * @throws LodgeError guest.not_found, guest.wrong_state, console.drop_forbidden, console.drop_failed, agent.unreachable,
 *   agent.file
 */
export async function dropInside(
  fleet: Fleet,
  ref: string,
  { name, size }: DropStart,
  content: Readable,
  signal: AbortSignal,
): Promise<string | undefined> {
  const record = await guestById(fleet.parts.store, ref);
  requireAction(record, "copy");
  if (!(record.fileDrop ?? displayDefaults.fileDrop))
    throw new LodgeError("console.drop_forbidden", { guest: record.name });
  const file = { name: plainName(name), size };
  const failed = (failure: DropFailure) =>
    new LodgeError("console.drop_failed", { guest: record.name, file: file.name, reason: reasons[failure] });
  const live = fleet.require(record.id);
  try {
    if (await dropOnDesktop(live, record, file, content, signal)) return undefined;
    if (record.agent === "none") throw new DropError("noSession", true);
    const archive = Readable.from(tarOf(file, content), { objectMode: false });
    await live.inside.unpack(dropFolder, archive, { signal, timeout: patience });
    return dropFolder;
  } catch (error) {
    throw error instanceof DropError ? failed(error.failure) : error;
  }
}

/** False: the desktop takes none, and the guest has another agent. */
async function dropOnDesktop(
  { spice }: LiveGuest,
  { agent }: GuestRecord,
  file: { readonly name: string; readonly size: number },
  content: Readable,
  signal: AbortSignal,
): Promise<boolean> {
  if (!spice?.takesFiles) return false;
  try {
    await dropFile(spice, file, content as AsyncIterable<Buffer>, signal);
    return true;
  } catch (error) {
    if (error instanceof DropError && error.early && agent !== "none") return false;
    throw error;
  }
}

/** A name that is a file's in a folder and nothing else, wherever it comes from. */
export function plainName(name: string): string {
  // oxlint-disable-next-line no-control-regex: these are what it must not have
  const plain = name
    .slice(0, 200)
    .replaceAll(/[\u0000-\u001f\u007f/\\]/g, "_")
    .replace(/^\.+/, "_");
  let end = plain.length;
  while (Buffer.byteLength(plain.slice(0, end)) > 200) end--;
  return plain.slice(0, end).toWellFormed() || "_";
}

/** A tar archive of one file. */
async function* tarOf(
  { name, size }: { readonly name: string; readonly size: number },
  content: Readable,
): AsyncGenerator<Buffer> {
  const block = Buffer.alloc(512);
  const head = new Header({ path: name, size, mode: 0o644, mtime: new Date(), type: "File" });
  // What a plain header has no room for goes before it; not every tar understands that.
  if (head.encode(block)) yield new Pax({ path: name, size }).encode();
  yield block;
  let left = size;
  for await (const bytes of content as AsyncIterable<Buffer>) {
    left -= bytes.length;
    if (left < 0) break;
    yield bytes;
  }
  if (left !== 0) throw new DropError("cut", false);
  yield Buffer.alloc((512 - (size % 512)) % 512);
  yield Buffer.alloc(1024);
}
