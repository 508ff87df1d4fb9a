/** Reads a file from a folder that another program may write to, and may use to have something else read. */
import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { dirname } from "node:path";
import { LodgeError } from "#contract/errors";
import { userOf } from "./own-socket.ts";

/** Makes an empty file for the folder's user to write to, who may not be allowed to make one. */
export async function makeOwn(path: string): Promise<void> {
  await using file = await open(path, "wx", 0o600);
  const user = userOf(dirname(path));
  if (user !== process.getuid?.()) await file.chown(user, user);
}

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
