import { command } from "../command.ts";

export const describe = command({
  operands: [
    { name: "GUEST", complete: "guest" },
    { name: "SNAPSHOT", complete: "snapshot" },
    { name: "TEXT" },
  ],
  options: {},
  examples: [["lodge snapshot describe web clean 'fresh from the installer'", "say what it is for"]],
  async run({ operands }, { client, terminal }) {
    const [guest = "", snapshot = "", description = ""] = operands;
    await client.call("snapshotUpdate", { params: { guest, snapshot }, body: { description } });
    terminal.print(`${snapshot} of ${guest} is described`);
  },
});
