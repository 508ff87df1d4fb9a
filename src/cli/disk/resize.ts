import { command } from "../command.ts";
import { follow, waitOption } from "../operation/follow.ts";
import { printable } from "../printable.ts";
import { formatSize } from "../values.ts";
import { leftToItself } from "./left-to-itself.ts";
import { sizeOperand } from "./size.ts";

export const resize = command({
  operands: [{ name: "GUEST", complete: "guest" }, { name: "DISK", complete: "disk" }, { name: "SIZE" }],
  options: waitOption,
  about: `A disk only grows. A guest that runs sees it at once, and Lodge's agent makes the root file system as
    large; file systems on other disks are grown in the guest. One that is stopped grows its root at its next boot,
    where its image does so (those with cloud-init do).`,
  examples: [["lodge disk resize db disk0 80G", "make the first disk and what is on it larger"]],
  async run({ operands, options }, context) {
    const [guest = "", disk = "", given = ""] = operands;
    const { client, terminal } = context;
    const size = sizeOperand(given);
    const operation = await client.call("diskResize", { params: { guest, disk }, body: { size } });
    if (options.wait === false) return leftToItself(context, operation);
    const { result } = await follow(context, operation, `${guest}: resizing ${disk}`);
    terminal.print(`${disk} of ${guest} has ${formatSize(size)}`);
    const { warning } = result as { warning?: string };
    if (warning !== undefined) terminal.note(terminal.paintNote("yellow", printable(warning)));
  },
});
