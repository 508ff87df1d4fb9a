import { command } from "../command.ts";

export const share = command({
  operands: [{ name: "IMAGE", many: true, complete: "image" }],
  options: {},
  about: `Everybody with a role in some project sees it then, and makes guests of it. It takes an admin, as does
    'lodge image unshare', after which those guests stay.`,
  examples: [["lodge image share debian-13", "every project may use it"]],
  async run({ operands }, { client, terminal }) {
    for (const image of operands) {
      await client.call("imageUpdate", { params: { image }, body: { shared: true } });
      terminal.print(`${image} is shared with all projects`);
    }
  },
});
