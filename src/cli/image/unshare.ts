import { command } from "../command.ts";

export const unshare = command({
  operands: [{ name: "IMAGE", many: true, complete: "image" }],
  options: {},
  about: `New guests of it are made in its own project alone; those that others made stay.`,
  examples: [["lodge image unshare web-base", "only its own project may use it"]],
  async run({ operands }, { client, terminal }) {
    for (const image of operands) {
      await client.call("imageUpdate", { params: { image }, body: { shared: false } });
      terminal.print(`${image} is for its own project alone`);
    }
  },
});
