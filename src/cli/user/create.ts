import { command } from "../command.ts";
import { printLink } from "./link.ts";
import { globalRole as role } from "./role.ts";

export const create = command({
  operands: [{ name: "NAME" }],
  options: { role },
  about: `Prints a link, with which whoever gets it chooses the account's password. Without --role it may only see.`,
  examples: [
    ["lodge user create ops --role operator", "who has it may make and use guests"],
    ["lodge user create guest-of-mine", "may only look"],
    ["lodge user create ann --role none", "may do what projects grant to it"],
  ],
  async run({ operands, options }, { client, terminal }) {
    const [name = ""] = operands;
    await client.call("userCreate", { body: { name, role: options.role ?? "viewer" } });
    printLink(terminal, await client.call("userReset", { params: { user: name } }));
  },
});
