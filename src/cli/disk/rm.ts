import { command } from "../command.ts";
import { follow, waitOption } from "../operation/follow.ts";
import { leftToItself } from "./left-to-itself.ts";

export const rm = command({
  operands: [
    { name: "GUEST", complete: "guest" },
    { name: "DISK", complete: "disk" },
  ],
  options: waitOption,
  about: `What is on it is gone. Unmount it in the guest first: it is taken out without asking. Only disks on
    virtio-scsi can be taken out while the guest runs; the first disk stays as long as the guest.`,
  examples: [["lodge disk rm db disk1", "remove the second disk"]],
  async run({ operands, options }, context) {
    const [guest = "", disk = ""] = operands;
    const operation = await context.client.call("diskRemove", { params: { guest, disk } });
    if (options.wait === false) return leftToItself(context, operation);
    await follow(context, operation, `${guest}: removing ${disk}`);
    context.terminal.print(`${disk} of ${guest} is removed`);
  },
});
