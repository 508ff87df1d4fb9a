import { LodgeError } from "#contract/errors";
import { command, flag } from "../command.ts";

export const confirm = command({
  operands: [{ name: "HOST" }],
  options: { off: flag("You have looked, and it is off.") },
  about: `Says, as a person who has looked, that a host which is lost is off and stays so until it is started anew. What its fence device
    could not say is then taken for said: its highly available guests start on other hosts. If it is not off, both hosts write
    to the same disks and destroy them.`,
  examples: [["lodge fence confirm node2 --off", "its plug is in your hand"]],
  async run({ operands, options }, { client, terminal, name }) {
    const [fence = ""] = operands;
    if (!options.off)
      throw new LodgeError("api.usage", { reason: "say --off once you have looked", command: name });
    await client.call("fenceConfirm", { params: { fence } });
    terminal.print(`${fence} is taken for off`);
  },
});
