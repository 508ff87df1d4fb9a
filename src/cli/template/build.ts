import { command, flag, parsed } from "../command.ts";
import { follow, waitOption } from "../operation/follow.ts";
import { parseCount, parseMemory } from "../values.ts";

export const build = command({
  operands: [{ name: "IMAGE", complete: "image" }],
  options: {
    cpus: parsed("N", "Virtual processors of the guests to come (default 1).", parseCount(1, 255)),
    memory: parsed("SIZE", "Their memory (default 512M).", parseMemory),
    sound: flag("With a sound card, as guests with a desktop have."),
    monitors: parsed("N", "Monitors that they may have (default 1).", parseCount(1, 4)),
    ...waitOption,
  },
  about: `Lodge parks templates by itself when an image is built and when a new shape of guest is asked for. This
    does it beforehand: a guest of this shape then forks from the start.`,
  examples: [["lodge template build debian-13 --cpus 2 --memory 1G", "so that such guests fork"]],
  async run({ operands, options }, context) {
    const [image = ""] = operands;
    const { cpus, memory, sound, monitors, wait } = options;
    const operation = await context.client.call("templateBuild", {
      body: {
        image,
        ...(cpus === undefined ? {} : { cpus }),
        ...(memory === undefined ? {} : { memory }),
        ...(sound ? { sound } : {}),
        ...(monitors === undefined ? {} : { monitors }),
      },
    });
    const { terminal } = context;
    if (wait === false) {
      terminal.print(`The template is being built; 'lodge operation wait ${operation.id}' waits for it.`);
      return;
    }
    await follow(context, operation, `${image}: template`);
    terminal.print(`A template of ${image} is parked`);
  },
});
