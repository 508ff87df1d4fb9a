import { command } from "../command.ts";

export const rm = command({
  operands: [{ name: "POOL", many: true, complete: "pool" }],
  options: {},
  about: `One that holds anything is not removed. What Lodge did not put there stays as it is, and so does its folder.`,
  examples: [["lodge pool rm fast", "Lodge uses it no more"]],
  async run({ operands }, { client, terminal }) {
    for (const pool of operands) {
      await client.call("poolDelete", { params: { pool } });
      terminal.print(`pool ${pool} is removed`);
    }
  },
});
