import { command } from "../command.ts";
import { each } from "../each.ts";

export const reset = command({
  operands: [{ name: "DESKTOP", many: true, complete: "desktop" }],
  options: {},
  about: "Its user gets a new one in its place; an assigned guest is switched off and on.",
  examples: [["lodge desktop reset dt0123456789", "for somebody whose desktop hangs"]],
  run: ({ operands }, context) =>
    each(context, operands, async (desktop) => {
      const { id, user } = await context.client.call("desktopReset", { params: { desktop } });
      return `${user} has the desktop ${id}`;
    }),
});
