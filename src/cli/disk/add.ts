import type { Schemas } from "#contract/schemas";
import { choice, command, flag } from "../command.ts";
import { follow, waitOption } from "../operation/follow.ts";
import { formatSize } from "../values.ts";
import { leftToItself } from "./left-to-itself.ts";
import { sizeOperand } from "./size.ts";

export const add = command({
  operands: [{ name: "GUEST", complete: "guest" }, { name: "SIZE" }],
  options: {
    bus: choice(
      ["virtio-blk", "virtio-scsi", "sata"],
      "How the guest sees it (default virtio-scsi, the one that works while the guest runs).",
    ),
    format: choice(["qcow2", "raw"], "How it lies on this computer (default qcow2)."),
    encrypt: flag("Encrypt what is written to it (default: as the guest's first disk is)."),
    ...waitOption,
  },
  about: `The disk is empty; it takes no space until something is written to it. In a guest it is known by its serial
    number, which 'lodge disk ls' shows: /dev/disk/by-id has it.`,
  examples: [
    ["lodge disk add db 100G", "one more disk, while the guest runs"],
    ["lodge disk add win 40G --bus sata", "for a system without virtio drivers, while it is stopped"],
  ],
  async run({ operands, options }, context) {
    const [guest = "", given = ""] = operands;
    const { bus, format, encrypt } = options;
    const size = sizeOperand(given);
    const body = {
      size,
      ...(bus === undefined ? {} : { bus }),
      ...(format === undefined ? {} : { format }),
      ...(encrypt === undefined ? {} : { encrypt }),
    };
    const operation = await context.client.call("diskAdd", { params: { guest }, body });
    if (options.wait === false) return leftToItself(context, operation);
    const { result } = await follow(context, operation, `${guest}: adding a disk`);
    const { disk } = result as { guest: Schemas["Guest"]; disk: string };
    context.terminal.print(`${guest} has one more disk: ${disk}, ${formatSize(size)}`);
  },
});
