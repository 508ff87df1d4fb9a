/**
 * Makes encrypted qcow2 files. The first is made by qemu-img, which takes seconds, and is kept in memory; each file is a copy of
 * it with keys of its own (luks.ts).
 */
import { mkdtemp, open, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { LodgeError } from "#contract/errors";
import { exec } from "#base/exec";
import { withNamelessFile } from "#base/nameless-file";
import { encryptedWith, keyedName } from "./keyed.ts";
import { rekey } from "./luks.ts";
import { headLength, parseQcow2 } from "./qcow2-header.ts";
import { whereFull } from "./space.ts";

export interface EncryptedFile {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** The passphrase. */
  readonly key: string;
  /** Words of qemu-img's that say what it stands on. */
  readonly backing?: readonly string[];
}

const block = 65_536;

/** What qemu-img is told: the passphrase comes in a file without a name, as the first descriptor that is inherited. */
const secret = ["--object", "secret,id=key,file=/proc/self/fd/3"];

let pattern: Promise<Buffer> | undefined;

/** @throws LodgeError host.no_space, host.command_failed */
export async function createEncrypted(file: EncryptedFile): Promise<void> {
  await make(file).catch(whereFull(file.path));
}

async function make({ path, size, key, backing = [] }: EncryptedFile): Promise<void> {
  pattern ??= firstOne();
  pattern.catch(() => (pattern = undefined));
  const bytes = Buffer.from(await pattern);
  const area = headerOf(bytes);
  if (!rekey(area, key)) throw new TypeError("this qemu-img writes another kind of header");
  await writeSparsely(path, bytes);
  const name = keyedName([{ path, format: "qcow2", key: { id: "key", data: key } }], { alone: true });
  await withNamelessFile(key, async (descriptor) => {
    const run = (command: string, ...words: readonly string[]) =>
      exec("qemu-img", [command, "-q", ...secret, ...words], { descriptors: [descriptor] });
    await run("resize", name, String(size));
    // Unsafe (-u) is what opens nothing: a guest's process may have written whatever it likes into what is below.
    if (backing.length > 0) await run("rebase", "-u", ...backing, name);
  });
}

/** Where the file has what its encryption needs (QEMU's docs/interop/qcow2.txt, "Full disk encryption header pointer"). */
function headerOf(file: Buffer): Buffer {
  const place = parseQcow2(file.subarray(0, headLength))?.encryptionHeader;
  if (!place) throw new LodgeError("image.unreadable", { path: "qemu-img", reason: "it encrypted nothing" });
  return file.subarray(place.offset, place.offset + place.length);
}

async function firstOne(): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), "lodge-encrypted-"));
  try {
    const path = join(folder, "empty.qcow2");
    const words = ["create", "-q", ...secret, "-o", encryptedWith("key"), "-f", "qcow2", path, "512"];
    await withNamelessFile("nothing is in it", (descriptor) =>
      exec("qemu-img", words, { descriptors: [descriptor] }),
    );
    return await readFile(path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function writeSparsely(path: string, bytes: Buffer): Promise<void> {
  await using file = await open(resolve(path), "w", 0o644);
  const empty = Buffer.alloc(block);
  for (let from = 0; from < bytes.length; from += block) {
    const piece = bytes.subarray(from, from + block);
    if (!piece.equals(empty.subarray(0, piece.length))) await file.write(piece, 0, piece.length, from);
  }
  await file.truncate(bytes.length);
}
