/** Tools that make small images of real files, and guests that only say who uses what. */
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { plainUrl } from "#hypervisor/image/download";
import { LodgeError } from "#contract/errors";
import type { Store } from "#durable/store/store";
import { operationPrefix } from "#durable/operation/record";
import type { ImageGuests, ImageUser, ImageTools, Made, Workplace } from "../../src/domain/image/tools.ts";

export class FakeTools implements ImageTools {
  /** The digest of every recipe now. */
  digest = "d".repeat(64);
  /** How often something was made. */
  made = 0;
  /** Called when half of an image is written. */
  half: (place: Workplace) => Promise<void> = async () => {};

  async recipes() {
    return [await this.recipe("debian-13"), await this.recipe("debian-12")];
  }

  async recipe(name: string) {
    if (!name.startsWith("debian-"))
      throw new LodgeError("image.recipe_not_found", { recipe: name, recipes: "debian-13" });
    return { name, description: `Debian, ${name}`, kind: "debian", digest: `${name} ${this.digest}` };
  }

  build(recipe: string, place: Workplace): Promise<Made> {
    return this.make(`built from ${recipe}`, place);
  }

  import({ path }: { path: string }, place: Workplace): Promise<Made> {
    return this.make(`imported from ${path}`, place);
  }

  download({ url }: { url: string }, place: Workplace): Promise<Made> {
    return this.make(`downloaded from ${plainUrl(url)}`, place);
  }

  async make(description: string, place: Workplace): Promise<Made> {
    this.made++;
    const path = join(place.folder, "disk.raw");
    await writeFile(join(place.folder, "log"), "begun\n");
    await writeFile(path, "half");
    place.progress(0.5, "half of it");
    await this.half(place);
    place.signal.throwIfAborted();
    await writeFile(path, description);
    return {
      path,
      kind: "disk",
      format: "raw",
      size: 4096,
      agent: "lodge",
      cloudInit: true,
      firmware: ["bios"],
      description,
      defaultUser: "debian",
      kernel: join(place.folder, "vmlinuz"),
    };
  }
}

export class FakeGuests implements ImageGuests {
  /** Names of users, by image. */
  readonly users = new Map<string, string[]>();
  readonly #tools: FakeTools;
  /** Called each time it is asked for users. */
  asked: () => void = () => {};

  constructor(tools: FakeTools) {
    this.#tools = tools;
  }

  async usersOf(image: string): Promise<ImageUser[]> {
    const users = this.users.get(image) ?? [];
    this.asked();
    return users.map((name) => ({ name, project: "default" }));
  }

  async source(ref: string): Promise<{ id: string; project: string }> {
    if (ref === "web" || ref === "g0123456789") return { id: "g0123456789", project: "default" };
    throw new LodgeError("guest.not_found", { guest: ref });
  }

  flatten(guest: string, place: Workplace): Promise<Made> {
    return this.#tools.make(`the disk of ${guest}`, place);
  }
}

/** Everything but operations in the store, and every file below the folder with its content. */
export async function observe(store: Store, folder: string): Promise<unknown> {
  const { items } = await store.list("");
  const keys = items
    .filter(({ key }) => !key.startsWith(operationPrefix))
    .map(({ key, value }) => [key, value]);
  const names = (await readdir(folder, { recursive: true })).toSorted();
  const files = await Promise.all(
    names.map(async (name) => {
      const path = join(folder, name);
      return (await stat(path)).isFile() ? [name, await readFile(path, "utf8")] : [name];
    }),
  );
  return { keys, files };
}
