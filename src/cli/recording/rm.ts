import { command } from "../command.ts";

export const rm = command({
  operands: [{ name: "RECORDING", many: true, complete: "recording" }],
  options: {},
  about: "One that is being made has to be stopped first.",
  examples: [["lodge recording rm r0123456789", "what it shows is gone"]],
  async run({ operands }, { client, terminal }) {
    for (const recording of operands) {
      const { id, guestName } = await client.call("recordingDelete", { params: { recording } });
      terminal.print(`${id} of ${guestName} is removed`);
    }
  },
});
