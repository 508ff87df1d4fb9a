import { command } from "../command.ts";
import { leftToItself } from "../disk/left-to-itself.ts";
import { follow, waitOption } from "../operation/follow.ts";

export const rm = command({
  operands: [
    { name: "GUEST", complete: "guest" },
    { name: "NIC", complete: "nic" },
  ],
  options: waitOption,
  about: `Its address is free then. While a guest runs, cards that were plugged into it can be taken out; the one that it
    was made with only while it is stopped.`,
  examples: [["lodge nic rm web nic1", "take the second card out"]],
  async run({ operands, options }, context) {
    const [guest = "", nic = ""] = operands;
    const operation = await context.client.call("nicRemove", { params: { guest, nic } });
    if (options.wait === false) return leftToItself(context, operation);
    await follow(context, operation, `${guest}: removing ${nic}`);
    context.terminal.print(`${nic} of ${guest} is removed`);
  },
});
