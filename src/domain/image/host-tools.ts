/** The tools by which this host makes images: what knows recipes and downloads, joined to what knows disks. */
import { join } from "node:path";
import { systemClock, type Clock } from "#base/clock";
import type { AddressFilter } from "#base/outbound";
import { convert } from "#hypervisor/disk/convert";
import { inspect, rawFirmware } from "#hypervisor/disk/inspect";
import { roomIn as room } from "#hypervisor/disk/space";
import { rootPlace } from "#hypervisor/image/assemble-disk";
import { extractKernel } from "#hypervisor/image/kernel";
import type { ImageTools } from "./tools.ts";

/**
 * `recipes`: the folder that has them; default: Lodge's own. `filter`: which addresses a download may come from,
 * when it begins; default: any. What makes images is loaded when one is first made or recipes are asked for: most
 * daemons never do, and would keep some MiB of it.
 */
export function imageTools(
  clock: Clock = systemClock,
  recipes?: string,
  filter?: () => Promise<AddressFilter>,
): ImageTools {
  const load = async () => {
    const { imageTools: over } = await import("#hypervisor/image/tools");
    return over({ inspect, rawFirmware, room, convert }, clock, recipes, filter);
  };
  return {
    recipe: async (name) => (await load()).recipe(name),
    recipes: async () => (await load()).recipes(),
    import: async (source, place) => (await load()).import(source, place),
    download: async (source, place) => (await load()).download(source, place),
    /** An image built here also gives its kernel: what an accelerator can be proved with. */
    async build(recipe, place) {
      const made = await (await load()).build(recipe, place);
      if (made.agent !== "lodge") return made;
      const kernel = join(place.folder, "vmlinuz");
      return (await extractKernel(made.path, rootPlace(made.size).offset, kernel))
        ? { ...made, kernel }
        : made;
    },
  };
}
