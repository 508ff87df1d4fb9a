/** Reads a file from a folder that another program may write to, and may use to have something else read. */
import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { LodgeError } from "#contract/errors";

/**
 * A link is not followed, a pipe not waited for, and no more read than `most` bytes.
 *
 * @throws LodgeError host.file_untrusted; what open() throws
 */
export async function readOwn(path: string, most: number): Promise<Buffer> {
  await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  const found = await file.stat();
  if (!found.isFile() || found.size > most) throw new LodgeError("host.file_untrusted", { path });
  const content = Buffer.alloc(found.size);
  const { bytesRead } = await file.read(content, 0, content.length, 0);
  return content.subarray(0, bytesRead);
}
