/** On what a qcow2 file of our own stands, as its header says. */
import { open } from "node:fs/promises";
import { headLength, parseQcow2 } from "./qcow2-header.ts";

/** The name of the file below; undefined where there is none. Can be asked while QEMU writes to the file. */
export async function backingFile(path: string): Promise<string | undefined> {
  await using file = await open(path, "r");
  const { buffer, bytesRead } = await file.read(Buffer.alloc(headLength), 0, headLength, 0);
  return parseQcow2(buffer.subarray(0, bytesRead))?.backing;
}

/** Where a header has the name of the file below, and how long that is (QEMU's docs/interop/qcow2.txt). */
const nameOffset = 8;
const nameLength = 16;
const longestName = 1023;

/**
 * Says anew by which name the file below is known; what is in that is the same. Unlike qemu-img it can be done while others have the
 * file open to read, and to a file that a QEMU has open which waits for a machine: it reads the header again when it takes the disk over.
 *
 * @throws RangeError where there is none below, or no room for the name
 */
export async function renameBacking(path: string, name: string): Promise<void> {
  await using file = await open(path, "r+");
  const { buffer, bytesRead } = await file.read(Buffer.alloc(headLength), 0, headLength, 0);
  const head = buffer.subarray(0, bytesRead);
  const bytes = Buffer.from(name);
  const at = Number(head.readBigUInt64BE(nameOffset));
  // It has to be within the first cluster, behind everything else that is there.
  const room = Math.min(longestName, 2 ** head.readUInt32BE(20), headLength) - at;
  if (parseQcow2(head)?.backing === undefined || bytes.length > Math.min(longestName, room))
    throw new RangeError(`no room for ${name} in the header of ${path}`);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  // At one go, since a host may go down in between.
  const all = Buffer.concat([head.subarray(0, nameLength), length, head.subarray(nameLength + 4, at), bytes]);
  await file.write(all, 0, all.length, 0);
  await file.datasync();
}
