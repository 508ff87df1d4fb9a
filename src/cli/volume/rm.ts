import { command } from "../command.ts";

export const rm = command({
  operands: [{ name: "VOLUME", many: true, complete: "volume" }],
  options: {},
  about: `What is on it is gone. One that is in a guest is refused: detach it first.`,
  examples: [["lodge volume rm data", "remove it"]],
  async run({ operands }, { client, terminal }) {
    for (const volume of operands) {
      await client.call("volumeDelete", { params: { volume } });
      terminal.print(`volume ${volume} is removed`);
    }
  },
});
