import { LodgeError } from "#contract/errors";
import { command, flag } from "../command.ts";

export const settle = command({
  operands: [{ name: "ARRIVAL" }],
  options: {
    take: flag("The guest is this host's from now on."),
    drop: flag("What came of it is removed."),
  },
  about: `For a guest that is 'waiting' and whose source is lost for good, or will never reach this host again. Look at the source first, if
    that can be done: 'lodge show GUEST' there says whether it still has the guest. Taken here while it is there too, there are two of it;
    dropped here while it is gone there, its source takes it back as soon as it hears of that.

    It works on the source as well, for a guest that went to a host which is lost and never heard of it: 'lodge operation ls' names it.`,
  examples: [
    ["lodge arrival settle v0123456789 --take", "its source is gone for good"],
    ["lodge arrival settle v0123456789 --drop", "its source has the guest"],
  ],
  async run({ operands, options }, { client, terminal, name: command }) {
    const [arrival = ""] = operands;
    const { take = false, drop = false } = options;
    if (take === drop) throw new LodgeError("api.usage", { reason: "say either --take or --drop", command });
    const { guest } = await client.call("arrivalSettle", { params: { arrival }, body: { take } });
    terminal.print(`${guest} is ${take ? "this host's" : "not to be here"}`);
  },
});
