import { command, flag, text } from "../command.ts";
import { leftToItself } from "../disk/left-to-itself.ts";
import { follow, waitOption } from "../operation/follow.ts";

export const clone = command({
  operands: [{ name: "VOLUME", complete: "volume" }, { name: "NAME" }],
  options: {
    pool: text("POOL", "Where it is kept (default: where the volume is).", { complete: "pool" }),
    full: flag("Copy everything, so that it shares nothing with the volume."),
    description: text("TEXT", "What it is for."),
    ...waitOption,
  },
  about: `It is what the volume was at that moment, also where a guest goes on writing to that. Within a pool it takes no
    space until something is written to it; into another one, everything is copied.`,
  examples: [
    ["lodge volume clone data data-test", "another one, at once"],
    ["lodge volume clone web:disk0 golden --pool team", "a copy of a guest's own disk, elsewhere"],
  ],
  async run({ operands, options }, context) {
    const [volume = "", name = ""] = operands;
    const { pool, full, description } = options;
    const body = {
      name,
      ...(pool === undefined ? {} : { pool }),
      ...(full ? { full } : {}),
      ...(description === undefined ? {} : { description }),
    };
    const operation = await context.client.call("volumeClone", { params: { volume }, body });
    if (options.wait === false) return leftToItself(context, operation);
    await follow(context, operation, `cloning ${volume}`);
    context.terminal.print(`volume ${name} is made of ${volume}`);
  },
});
