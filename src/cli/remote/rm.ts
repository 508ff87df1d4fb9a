import { findRemote, readRemotes, writeRemotes } from "#client/remotes";
import { command } from "../command.ts";
import { each } from "../each.ts";

export const rm = command({
  operands: [{ name: "NAME", many: true, complete: "remote" }],
  options: {},
  about: `Its token stays good until it runs out or is revoked there.`,
  examples: [["lodge remote rm lab", "forget it, with its token"]],
  run: ({ operands }, context) =>
    each(context, operands, async (name) => {
      findRemote(name);
      const { [name]: _gone, ...rest } = readRemotes();
      writeRemotes(rest);
      return `${name} is forgotten`;
    }),
});
