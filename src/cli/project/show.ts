import { command } from "../command.ts";
import { formatOption, printItem } from "../output.ts";

export const show = command({
  operands: [{ name: "PROJECT", complete: "project" }],
  options: formatOption,
  examples: [["lodge project show shop", "what it is, and what it holds"]],
  async run({ operands, options }, { client, terminal }) {
    const [name = ""] = operands;
    const found = await client.call("projectGet", { params: { project: name } });
    const query = { project: name };
    const [guests, images, networks] = await Promise.all([
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
      ["subnet", networks.find(({ project }) => project === name)?.subnet],
    ]);
  },
});
