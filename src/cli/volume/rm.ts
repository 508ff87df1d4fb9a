import { command } from "../command.ts";
import { each } from "../each.ts";

export const rm = command({
  operands: [{ name: "VOLUME", many: true, complete: "volume" }],
  options: {},
  about: `What is on it is gone. One that is in a guest is refused: detach it first.`,
  examples: [["lodge volume rm data", "remove it"]],
  run: ({ operands }, context) =>
    each(context, operands, async (volume) => {
      await context.client.call("volumeDelete", { params: { volume } });
      return `volume ${volume} is removed`;
    }),
});
