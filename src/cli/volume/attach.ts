import { choice, command } from "../command.ts";
import { leftToItself } from "../disk/left-to-itself.ts";
import { follow, waitOption } from "../operation/follow.ts";

export const attach = command({
  operands: [
    { name: "VOLUME", complete: "volume" },
    { name: "GUEST", complete: "guest" },
  ],
  options: {
    bus: choice(
      ["virtio-blk", "virtio-scsi", "sata"],
      "How the guest sees it (default virtio-scsi, the one that works while the guest runs).",
    ),
    ...waitOption,
  },
  about: `A volume is in one guest at a time. In it, it is known by its serial number, which 'lodge disk ls' shows.`,
  examples: [["lodge volume attach data web", "one more disk, while the guest runs"]],
  async run({ operands, options }, context) {
    const [volume = "", guest = ""] = operands;
    const { bus } = options;
    const body = { guest, ...(bus === undefined ? {} : { bus }) };
    const operation = await context.client.call("volumeAttach", { params: { volume }, body });
    if (options.wait === false) return leftToItself(context, operation);
    const { result } = await follow(context, operation, `attaching ${volume}`);
    const { disk } = result as { readonly disk: string };
    context.terminal.print(`volume ${volume} is ${disk} of ${guest}`);
  },
});
