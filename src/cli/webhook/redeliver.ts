import { command } from "../command.ts";
import { formatOption, printData } from "../output.ts";
import { toldOf } from "./words.ts";

export const redeliver = command({
  operands: [{ name: "WEBHOOK", complete: "webhook" }, { name: "DELIVERY" }],
  options: formatOption,
  about: `The message is the same, under the same id, and signed anew. Ends with 1 where it was not taken.`,
  examples: [["lodge webhook redeliver ci d0123456789", "for a receiver that had a bug"]],
  async run({ operands, options }, { client, terminal }) {
    const [webhook = "", delivery = ""] = operands;
    const sent = await client.call("deliveryRedeliver", { params: { webhook, delivery } });
    if (options.format === "json" || options.format === "yaml")
      await printData(terminal, sent, options.format);
    else terminal.print(toldOf(sent, webhook));
    return sent.delivered ? 0 : 1;
  },
});
