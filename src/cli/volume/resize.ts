import { command } from "../command.ts";
import { leftToItself } from "../disk/left-to-itself.ts";
import { sizeOperand } from "../disk/size.ts";
import { follow, waitOption } from "../operation/follow.ts";
import { formatSize } from "../values.ts";

export const resize = command({
  operands: [{ name: "VOLUME", complete: "volume" }, { name: "SIZE" }],
  options: waitOption,
  about: `A volume only grows. A guest that runs sees it at once; file systems on it are grown in the guest.`,
  examples: [["lodge volume resize data 200G", "make it larger"]],
  async run({ operands, options }, context) {
    const [volume = "", given = ""] = operands;
    const size = sizeOperand(given);
    const operation = await context.client.call("volumeResize", { params: { volume }, body: { size } });
    if (options.wait === false) return leftToItself(context, operation);
    await follow(context, operation, `resizing ${volume}`);
    context.terminal.print(`volume ${volume} has ${formatSize(size)}`);
  },
});
