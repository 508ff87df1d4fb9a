import { command } from "../command.ts";
import { exitCode } from "../exit-code.ts";

export const cancel = command({
  operands: [{ name: "OPERATION", many: true, complete: "operation" }],
  options: {},
  about: `What it had done so far is undone. One that has gone too far for that is refused and goes on.`,
  examples: [["lodge operation cancel o0123456789", "stop it and undo it"]],
  async run({ operands }, { client, terminal }) {
    for (const operation of operands) {
      const { status } = await client.call("operationCancel", { params: { operation } });
      terminal.print(`${operation} is ${status === "cancelled" ? "cancelled" : "being cancelled"}`);
    }
    return exitCode.ok;
  },
});
