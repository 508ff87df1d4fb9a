/** `furnish.ts HOME JSON`, in a host that was switched on: its home has the tiny image, and a verdict on the accelerator of this boot. */
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { homePaths } from "#base/home";
import { readyImages } from "#domain/image/record";
import { openSqliteStore } from "#durable/store/sqlite";
import { addTinyImage, judgeAccelerator } from "../../vm/furnish.ts";
import { giveTemplate } from "../../vm/parked.ts";

export interface HostFurniture {
  /** The initrd of its tiny image, where that has not its own. */
  readonly initrd?: string | undefined;
  /** Or else the folder that keeps it parked; without, nothing is. */
  readonly template?: string | undefined;
}

const [, , home = "", given = "{}"] = process.argv;
const { initrd, template } = JSON.parse(given) as HostFurniture;
const paths = homePaths(home);
await mkdir(paths.home, { recursive: true });
await judgeAccelerator(home);
// A member of a cluster has its records elsewhere.
if (!existsSync(join(home, "cluster.json"))) {
  const store = await openSqliteStore(paths.store);
  try {
    const furnished = (await readyImages(store)).length > 0;
    if (!furnished && template !== undefined) await giveTemplate(store, paths, template);
    else if (!furnished) await addTinyImage(store, paths, "tiny", "lodge", initrd);
  } finally {
    await store.close();
  }
}
