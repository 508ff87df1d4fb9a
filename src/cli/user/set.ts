import { LodgeError } from "#contract/errors";
import { command, flag } from "../command.ts";
import { globalRole as role } from "./role.ts";

export const set = command({
  operands: [{ name: "NAME", complete: "user" }],
  options: {
    role,
    barred: flag(
      "May not sign in; sessions end, and tokens are void as long as it holds. --no-barred: may again.",
    ),
  },
  examples: [
    ["lodge user set ops --role admin", "it may do everything"],
    ["lodge user set desk --barred", "it is shut out at once"],
  ],
  async run({ operands, options }, { client, terminal, name: command }) {
    const [name = ""] = operands;
    const body = {
      ...(options.role === undefined ? {} : { role: options.role }),
      ...(options.barred === undefined ? {} : { barred: options.barred }),
    };
    if (Object.keys(body).length === 0)
      throw new LodgeError("api.usage", { reason: "Nothing is to change", command });
    const user = await client.call("userUpdate", { params: { user: name }, body });
    if (user.barred) terminal.print(`${user.name} is barred`);
    else if (options.role === undefined) terminal.print(`${user.name} may sign in`);
    else
      terminal.print(
        user.role === "none"
          ? `${user.name} has roles only where projects grant them`
          : `${user.name} is ${user.role} now`,
      );
  },
});
