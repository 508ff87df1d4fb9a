import { command } from "../command.ts";
import { each } from "../each.ts";

export const rm = command({
  operands: [{ name: "RECORDING", many: true, complete: "recording" }],
  options: {},
  about: "One that is being made has to be stopped first.",
  examples: [["lodge recording rm r0123456789", "what it shows is gone"]],
  run: ({ operands }, context) =>
    each(context, operands, async (recording) => {
      const { id, guestName } = await context.client.call("recordingDelete", { params: { recording } });
      return `${id} of ${guestName} is removed`;
    }),
});
