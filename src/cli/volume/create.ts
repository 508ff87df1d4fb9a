import { choice, command, flag, text } from "../command.ts";
import { leftToItself } from "../disk/left-to-itself.ts";
import { sizeOperand } from "../disk/size.ts";
import { follow, waitOption } from "../operation/follow.ts";
import { formatSize } from "../values.ts";

export const create = command({
  operands: [{ name: "NAME" }, { name: "SIZE" }],
  options: {
    pool: text("POOL", "Where it is kept (default: the home).", { complete: "pool" }),
    format: choice(["qcow2", "raw"], "How it lies there (default: what suits the pool)."),
    encrypt: flag(
      "Encrypt what is written to it, with a key of its own that Lodge keeps (default: as its project says).",
    ),
    description: text("TEXT", "What it is for."),
    ...waitOption,
  },
  about: `It is empty, and takes no space until something is written to it. 'lodge volume attach' gives it to a guest.`,
  examples: [
    ["lodge volume create data 100G", "a volume"],
    ["lodge volume create logs 20G --pool fast", "one in another pool"],
    ["lodge volume create vault 10G --encrypt", "one that is encrypted on the host"],
  ],
  async run({ operands, options }, context) {
    const [name = "", given = ""] = operands;
    const { pool, format, encrypt, description } = options;
    const size = sizeOperand(given);
    const body = {
      name,
      size,
      ...(pool === undefined ? {} : { pool }),
      ...(format === undefined ? {} : { format }),
      ...(encrypt === undefined ? {} : { encrypt }),
      ...(description === undefined ? {} : { description }),
    };
    const operation = await context.client.call("volumeCreate", { body });
    if (options.wait === false) return leftToItself(context, operation);
    await follow(context, operation, `making ${name}`);
    context.terminal.print(`volume ${name} is made: ${formatSize(size)}`);
  },
});
