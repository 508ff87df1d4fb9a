import { command } from "../command.ts";

export const rename = command({
  operands: [{ name: "GUEST", complete: "guest" }, { name: "NAME" }],
  options: {},
  about: `Names are those of DNS: lower-case letters, digits and hyphens. Other guests reach it by its new name;
    the host name that the guest itself uses stays.`,
  examples: [["lodge rename web web-old", "web is called web-old from now on"]],
  async run({ operands }, { client, terminal }) {
    const [guest = "", name = ""] = operands;
    await client.call("guestUpdate", { params: { guest }, body: { name } });
    terminal.print(`${guest} is called ${name} now`);
  },
});
