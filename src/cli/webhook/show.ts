import { command } from "../command.ts";
import { formatOption, printItem } from "../output.ts";
import { formatAge, formatLeft } from "../values.ts";
import { failureOf, stateOf } from "./words.ts";

export const show = command({
  operands: [{ name: "WEBHOOK", complete: "webhook" }],
  options: formatOption,
  examples: [["lodge webhook show ci", "how it goes, and why it does not"]],
  async run({ operands, options }, { client, terminal }) {
    const [webhook = ""] = operands;
    const found = await client.call("webhookGet", { params: { webhook } });
    const now = Date.now();
    await printItem(terminal, found, options.format, (shown) => [
      ["name", shown.name],
      ["id", shown.id],
      ["address", shown.url],
      ["state", stateOf(shown)],
      ["failure", failureOf(shown, now)],
      ["waiting", String(shown.waiting)],
      [
        "lost",
        shown.lost &&
          `${shown.lost.events} events that the log no longer had, ${formatAge(shown.lost.at, now)} ago`,
      ],
      ["delivered", shown.deliveredAt === undefined ? "never" : `${formatAge(shown.deliveredAt, now)} ago`],
      ["events", shown.events.join(" ")],
      ["of guest", shown.guest],
      ["of label", shown.label],
      ["of project", shown.project],
      ["old secret", shown.oldSecretUntil && `signs as well for ${formatLeft(shown.oldSecretUntil, now)}`],
      ["made", `${formatAge(shown.createdAt, now)} ago by ${shown.createdBy ?? "the host"}`],
    ]);
  },
});
