import { command, parsed } from "../command.ts";
import { each } from "../each.ts";
import { parseSeconds } from "../values.ts";

export const end = command({
  operands: [{ name: "DESKTOP", many: true, complete: "desktop" }],
  options: { notice: parsed("TIME", "Say so in the page, and end it so long after.", parseSeconds) },
  about: "What its pool does not keep of it is gone. An assigned guest is shut down, and stays its user's.",
  examples: [
    ["lodge desktop end dt0123456789 --notice 5m", "announced"],
    ["lodge desktop end dt0123456789", "at once"],
  ],
  run: ({ operands, options }, context) =>
    each(context, operands, async (desktop) => {
      const { notice } = options;
      const body = notice === undefined ? {} : { notice };
      const { user } = await context.client.call("desktopEnd", { params: { desktop }, body });
      return notice ? `it is announced to ${user}` : `the desktop of ${user} ends`;
    }),
});
