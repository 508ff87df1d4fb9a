import { command } from "../command.ts";
import { role } from "../user/role.ts";

export const grant = command({
  operands: [
    { name: "PROJECT", complete: "project" },
    { name: "USER", complete: "user" },
  ],
  options: { role },
  about: `It counts at once, and beside the role that the account has in every project: the larger of the two. Without
    --role it is that of a viewer.`,
  examples: [
    ["lodge project grant shop ann --role operator", "she may make and use guests there"],
    ["lodge project grant shop bert --role admin", "he may, and grant roles there"],
  ],
  async run({ operands, options }, { client, terminal }) {
    const [project = "", user = ""] = operands;
    const body = { user, role: options.role ?? "viewer" };
    const member = await client.call("memberGrant", { params: { project }, body });
    terminal.print(`${member.user} is ${member.role} in ${project} now`);
  },
});
