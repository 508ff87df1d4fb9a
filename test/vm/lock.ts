/** Test files run at the same time: one makes what all of them share, the others wait for it. */
import { open, readFile, rm, stat } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";

export const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/** Until what it returns is called, nobody else has it. A lock whose process is gone is nobody's. */
export async function takeLock(path: string): Promise<() => Promise<void>> {
  for (;;) {
    try {
      await using file = await open(path, "wx");
      await file.write(String(process.pid));
      return () => rm(path, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const holder = await readFile(path, "utf8").catch(() => "");
    if (holder !== "" && !(await exists(`/proc/${holder}`))) await rm(path, { force: true });
    else await delay(50);
  }
}
