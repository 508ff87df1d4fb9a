import { readFile } from "node:fs/promises";

/** What tells this boot of the host from every other: random(4). */
export const readBootId = async (file = "/proc/sys/kernel/random/boot_id"): Promise<string> =>
  (await readFile(file, "utf8")).trim();
