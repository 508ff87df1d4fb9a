import { command } from "../command.ts";

export const rm = command({
  operands: [
    { name: "GUEST", complete: "guest" },
    { name: "SHARE", complete: "share" },
  ],
  options: {},
  about: "What lies in the folder stays as it is. The guest is stopped.",
  examples: [["lodge share rm web code", "it sees that folder no more"]],
  async run({ operands: [guest = "", share = ""] }, { client, terminal }) {
    await client.call("shareRemove", { params: { guest, share } });
    terminal.print(`${guest} shares ${share} no more`);
  },
});
