import { command } from "../command.ts";
import { each } from "../each.ts";

export const rm = command({
  operands: [{ name: "POOL", many: true, complete: "pool" }],
  options: {},
  about: `One that holds anything is not removed. What Lodge did not put there stays as it is, and so does its folder.`,
  examples: [["lodge pool rm fast", "Lodge uses it no more"]],
  run: ({ operands }, context) =>
    each(context, operands, async (pool) => {
      await context.client.call("poolDelete", { params: { pool } });
      return `pool ${pool} is removed`;
    }),
});
