/** The checker's guest: the tiny guest that runs writer.pl from its start. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cpio } from "../../vm/cpio.ts";
import { tinyGuest } from "../../vm/tiny-guest.ts";

/** Writes its initrd to a file. Linux takes several archives one after the other. */
export async function writeInitrd(path: string): Promise<void> {
  const { initrd } = await tinyGuest();
  const data = await readFile(join(import.meta.dirname, "writer.pl"));
  const added = cpio([
    { path: "etc/writer.pl", kind: "file", data, mode: 0o755 },
    { path: "etc/started", kind: "link", target: "writer.pl" },
  ]);
  const own = await readFile(initrd);
  await writeFile(path, Buffer.concat([own, Buffer.alloc((4 - (own.length % 4)) % 4), added]));
}
