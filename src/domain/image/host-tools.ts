/** The tools by which this host makes images: what knows recipes and downloads, joined to what knows disks. */
import { join } from "node:path";
import { systemClock, type Clock } from "#base/clock";
import { convert } from "#hypervisor/disk/convert";
import { inspect } from "#hypervisor/disk/inspect";
import { rootPlace } from "#hypervisor/image/assemble-disk";
import { extractKernel } from "#hypervisor/image/kernel";
import { imageTools as toolsOver } from "#hypervisor/image/tools";
import type { ImageTools } from "./tools.ts";

/** `recipes`: the folder that has them; default: Lodge's own. */
export function imageTools(clock: Clock = systemClock, recipes?: string): ImageTools {
  const tools = toolsOver({ inspect, convert }, clock, recipes);
  return {
    ...tools,
    /** An image built here also gives its kernel: what an accelerator can be proved with. */
    async build(recipe, place) {
      const made = await tools.build(recipe, place);
      if (made.agent !== "lodge") return made;
      const kernel = join(place.folder, "vmlinuz");
      return (await extractKernel(made.path, rootPlace(made.size).offset, kernel))
        ? { ...made, kernel }
        : made;
    },
  };
}
