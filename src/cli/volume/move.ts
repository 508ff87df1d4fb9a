import { command } from "../command.ts";
import { leftToItself } from "../disk/left-to-itself.ts";
import { follow, waitOption } from "../operation/follow.ts";
import { printable } from "../printable.ts";

export const move = command({
  operands: [
    { name: "VOLUME", complete: "volume" },
    { name: "POOL", complete: "pool" },
  ],
  options: waitOption,
  about: `Its guest runs on meanwhile, and stands still for a moment at the end. All of it is copied, with what it stood on;
    what snapshots hold of it stays where it is. 'lodge operation cancel' leaves it where it was.`,
  examples: [
    ["lodge volume move data fast", "to another pool"],
    ["lodge volume move web:disk0 fast", "the same with a guest's own disk"],
  ],
  async run({ operands, options }, context) {
    const [volume = "", pool = ""] = operands;
    const operation = await context.client.call("volumeMove", { params: { volume }, body: { pool } });
    if (options.wait === false) return leftToItself(context, operation);
    const { result } = await follow(context, operation, `moving ${volume}`);
    const { warning } = result as { readonly warning?: string };
    const { terminal } = context;
    if (warning === undefined) terminal.print(`volume ${volume} is in pool ${pool}`);
    else terminal.note(terminal.paintNote("yellow", printable(warning)));
  },
});
