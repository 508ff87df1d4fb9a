/** On what a qcow2 file of our own stands, as its header says. */
import { open } from "node:fs/promises";
import { headLength, parseQcow2 } from "./qcow2-header.ts";

/** The name of the file below; undefined where there is none. Can be asked while QEMU writes to the file. */
export async function backingFile(path: string): Promise<string | undefined> {
  await using file = await open(path, "r");
  const { buffer, bytesRead } = await file.read(Buffer.alloc(headLength), 0, headLength, 0);
  return parseQcow2(buffer.subarray(0, bytesRead))?.backing;
}
