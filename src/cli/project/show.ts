import { command } from "../command.ts";
import type { Schemas } from "#contract/schemas";
import { formatOption, printItem } from "../output.ts";
import { formatSize } from "../values.ts";

export const show = command({
  operands: [{ name: "PROJECT", complete: "project" }],
  options: formatOption,
  examples: [["lodge project show shop", "what it is, and what it holds"]],
  async run({ operands, options }, { client, terminal }) {
    const [name = ""] = operands;
    const found = await client.call("projectGet", { params: { project: name } });
    const query = { project: name };
    const [usage, guests, images, networks] = await Promise.all([
      client.call("projectUsage", { params: { project: name } }),
      client.call("guestList", { query }),
      client.call("imageList", { query }),
      client.call("networkList", { query }),
    ]);
    const own = images.filter(({ project }) => project === name);
    await printItem(terminal, found, options.format, (shown) => [
      ["name", shown.name],
      ["description", shown.description],
      ["guests", guests.map((guest) => guest.name).join("\n") || "none"],
      ["images", own.map((image) => image.name).join("\n") || "none of its own"],
      ["has", amounts(usage)],
      ["encrypts", shown.encrypted ? "new guests' disks and volumes" : undefined],
      ["subnet", networks.find(({ project }) => project === name)?.subnet],
    ]);
  },
});

const words = {
  guests: "guests",
  cpus: "virtual processors",
  memory: "memory",
  disk: "disk",
  snapshots: "snapshots",
  templates: "templates",
  ports: "published ports",
} as const;

function amounts({ used, quota }: Schemas["ProjectUsage"]): string {
  const names = Object.keys(words) as (keyof typeof words)[];
  const show = (what: keyof typeof words, amount: number) =>
    what === "memory" || what === "disk" ? formatSize(amount) : String(amount);
  return names
    .map((what) => {
      const most = quota[what];
      return `${words[what]}  ${show(what, used[what])}${most === undefined ? "" : ` of ${show(what, most)}`}`;
    })
    .join("\n");
}
