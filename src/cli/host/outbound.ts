import { LodgeError } from "#contract/errors";
import { command, flag, many } from "../command.ts";
import { formatOption, printItem } from "../output.ts";

export const outbound = command({
  operands: [],
  options: {
    allow: many(
      "NETWORK",
      "A network or an address that is open to them; takes the place of those set.",
      (given) => given,
    ),
    none: flag("Nothing beyond the usual is open."),
    ...formatOption,
  },
  about: `Addresses that users give, as of images to download, do not lead to this computer, to link-local addresses or into
    Lodge's own networks, unless it is allowed here. Without options, shows what is set.`,
  examples: [
    ["lodge outbound", "what is open beyond the usual"],
    ["lodge outbound --allow 127.0.0.1", "images may come from a server on this computer"],
    ["lodge outbound --none", "as it was at first"],
  ],
  async run({ options }, { client, terminal, name: command }) {
    const { none, format } = options;
    const allow = options.allow ?? [];
    if (none && allow.length > 0)
      throw new LodgeError("api.usage", { reason: "--none and --allow contradict each other", command });
    const shown =
      none || allow.length > 0
        ? await client.call("outboundUpdate", { body: { allow: [...allow] } })
        : await client.call("outboundGet");
    await printItem(terminal, shown, format, (now) => [
      ["open", now.allow.join(" ") || "nothing beyond the usual"],
    ]);
  },
});
