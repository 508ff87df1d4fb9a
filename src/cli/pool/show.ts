import { command } from "../command.ts";
import { formatOption, printItem } from "../output.ts";
import { formatSize } from "../values.ts";

export const show = command({
  operands: [{ name: "POOL", complete: "pool" }],
  options: formatOption,
  about: `It is looked at anew: whether its folder is there, its mount is mounted and its server answers.`,
  examples: [["lodge pool show fast", "how it is, and what is in it"]],
  async run({ operands, options }, { client, terminal }) {
    const [pool = ""] = operands;
    const [found, volumes] = await Promise.all([
      client.call("poolGet", { params: { pool } }),
      client.call("volumeList"),
    ]);
    const here = volumes.filter((volume) => volume.pool === found.name);
    await printItem(terminal, found, options.format, (shown) => [
      ["name", shown.name],
      ["description", shown.description],
      ["kind", shown.kind],
      ["target", shown.target],
      ...(shown.monitors ? [["monitors", shown.monitors.join("\n")] as const] : []),
      ...(shown.user === undefined ? [] : [["user", shown.user] as const]),
      ["state", shown.reason === undefined ? shown.state : `${shown.state}: ${shown.reason}`],
      ["size", formatSize(shown.size)],
      ["free", formatSize(shown.free)],
      ["used", formatSize(shown.used)],
      ["promised", formatSize(shown.promised)],
      ["quota", shown.quota === undefined ? "none" : formatSize(shown.quota)],
      ["clones", shown.reflink ? "share their blocks" : "are copied, or stand on what they are made of"],
      ["volumes", here.map(({ name }) => name).join("\n") || "none"],
    ]);
  },
});
