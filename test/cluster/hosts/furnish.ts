/** `furnish.ts HOME [INITRD]`, in a host that was switched on: its home has the tiny image, and a verdict on the accelerator of this boot. */
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { homePaths } from "#base/home";
import { readyImages } from "#domain/image/record";
import { openSqliteStore } from "#durable/store/sqlite";
import { addTinyImage, judgeAccelerator } from "../../vm/daemon.ts";

const [, , home = "", initrd] = process.argv;
const paths = homePaths(home);
await mkdir(paths.home, { recursive: true });
await judgeAccelerator(home);
// A member of a cluster has its records elsewhere.
if (!existsSync(join(home, "cluster.json"))) {
  const store = await openSqliteStore(paths.store);
  try {
    if ((await readyImages(store)).length === 0) await addTinyImage(store, paths, "tiny", "lodge", initrd);
  } finally {
    await store.close();
  }
}
