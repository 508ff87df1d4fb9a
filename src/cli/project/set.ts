import { LodgeError } from "#contract/errors";
import { command, text } from "../command.ts";

export const set = command({
  operands: [{ name: "PROJECT", complete: "project" }],
  options: { description: text("TEXT", "What it is for.") },
  examples: [["lodge project set shop --description 'the web shop'", "say what it is for"]],
  async run({ operands, options }, { client, terminal, name: command }) {
    const [project = ""] = operands;
    const { description } = options;
    if (description === undefined)
      throw new LodgeError("api.usage", { reason: "Nothing is to change", command });
    await client.call("projectUpdate", { params: { project }, body: { description } });
    terminal.print(`project ${project} is changed`);
  },
});
