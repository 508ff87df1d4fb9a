import { LodgeError } from "#contract/errors";
import { command, flag, many } from "../command.ts";
import { globalRole as role } from "./role.ts";

export const set = command({
  operands: [{ name: "NAME", complete: "user" }],
  options: {
    role,
    barred: flag(
      "May not sign in; sessions end, and tokens are void as long as it holds. --no-barred: may again.",
    ),
    group: many(
      "GROUP",
      "A group that it shall be in; those that are not named it leaves. What a provider told stays.",
      (given) => given,
    ),
    "without-groups": flag("It leaves all groups that it was put in."),
  },
  examples: [
    ["lodge user set ops --role admin", "it may do everything"],
    ["lodge user set ann --group staff --group design", "it is in these two groups"],
    ["lodge user set desk --barred", "it is shut out at once"],
  ],
  async run({ operands, options }, { client, terminal, name: command }) {
    const [name = ""] = operands;
    const { role, barred } = options;
    const groups = options["without-groups"] ? [] : options.group;
    const body = {
      ...(role === undefined ? {} : { role }),
      ...(barred === undefined ? {} : { barred }),
      ...(groups === undefined ? {} : { groups: [...new Set(groups)] }),
    };
    if (Object.keys(body).length === 0)
      throw new LodgeError("api.usage", { reason: "Nothing is to change", command });
    const user = await client.call("userUpdate", { params: { user: name }, body });
    if (user.barred) terminal.print(`${user.name} is barred`);
    else if (barred !== undefined) terminal.print(`${user.name} may sign in`);
    if (role === "none") terminal.print(`${user.name} has roles only where projects grant them`);
    else if (role !== undefined) terminal.print(`${user.name} is ${user.role} now`);
    if (groups !== undefined)
      terminal.print(`${user.name} is in ${user.groups.length === 0 ? "no group" : user.groups.join(", ")}`);
  },
});
