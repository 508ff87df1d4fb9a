import { command } from "../command.ts";
import { each } from "../each.ts";

export const cancel = command({
  operands: [{ name: "OPERATION", many: true, complete: "operation" }],
  options: {},
  about: `What it had done so far is undone. One that has gone too far for that is refused and goes on.`,
  examples: [["lodge operation cancel o0123456789", "stop it and undo it"]],
  run: ({ operands }, context) =>
    each(context, operands, async (operation) => {
      const { status } = await context.client.call("operationCancel", { params: { operation } });
      return `${operation} is ${status === "cancelled" ? "cancelled" : "being cancelled"}`;
    }),
});
