import { command } from "../command.ts";
import { formatOption, printItem } from "../output.ts";
import { formatSize, formatTime } from "../values.ts";

export const show = command({
  operands: [{ name: "VOLUME", complete: "volume" }],
  options: formatOption,
  examples: [
    ["lodge volume show data", "where it is and how large"],
    ["lodge volume show web:disk0", "the same of a guest's own disk"],
  ],
  async run({ operands, options }, { client, terminal }) {
    const [volume = ""] = operands;
    const found = await client.call("volumeGet", { params: { volume } });
    await printItem(terminal, found, options.format, (shown) => [
      ["name", shown.name],
      ["id", shown.id],
      ["description", shown.description],
      ["project", shown.project],
      ["pool", shown.pool],
      ["state", shown.state],
      ["size", formatSize(shown.size)],
      ["used", formatSize(shown.used)],
      ["format", shown.encrypted ? `${shown.format}, encrypted` : shown.format],
      ["guest", shown.guestName === undefined ? "none" : `${shown.guestName}, as ${shown.disk}`],
      ["made", shown.createdAt === undefined ? undefined : formatTime(shown.createdAt)],
    ]);
  },
});
