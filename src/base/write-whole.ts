import type { FileHandle } from "node:fs/promises";

/** Writes all of it: where a disk is nearly full, one call may take a part and say nothing. */
export async function writeWhole(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length;)
    done += (await file.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
}
