import { command } from "../command.ts";
import { formatOption, printData } from "../output.ts";
import { toldOf } from "./words.ts";

export const test = command({
  operands: [{ name: "WEBHOOK", complete: "webhook" }],
  options: formatOption,
  about: `Sends a message of the type webhook.ping, also to one that is paused, and tells what was answered. Ends with 1 where
    it was not taken.`,
  examples: [["lodge webhook test ci", "does it get there?"]],
  async run({ operands, options }, { client, terminal }) {
    const [webhook = ""] = operands;
    const delivery = await client.call("webhookTest", { params: { webhook } });
    if (options.format === "json" || options.format === "yaml")
      await printData(terminal, delivery, options.format);
    else terminal.print(toldOf(delivery, webhook));
    return delivery.delivered ? 0 : 1;
  },
});
