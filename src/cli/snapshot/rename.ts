import { command } from "../command.ts";

export const rename = command({
  operands: [
    { name: "GUEST", complete: "guest" },
    { name: "SNAPSHOT", complete: "snapshot" },
    { name: "NAME" },
  ],
  options: {},
  examples: [["lodge snapshot rename web before-upgrade clean", "another name"]],
  async run({ operands }, { client, terminal }) {
    const [guest = "", snapshot = "", name = ""] = operands;
    await client.call("snapshotUpdate", { params: { guest, snapshot }, body: { name } });
    terminal.print(`${snapshot} of ${guest} is now ${name}`);
  },
});
