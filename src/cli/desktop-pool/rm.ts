import { command, flag } from "../command.ts";
import { each } from "../each.ts";
import { follow } from "../operation/follow.ts";

export const rm = command({
  operands: [{ name: "POOL", many: true, complete: "desktop-pool" }],
  options: { force: flag("Also one of which people have desktops: they are ended.") },
  about: "Its standbys are removed with it. Homes stay until they are removed by hand.",
  examples: [["lodge desktop-pool rm office", "remove it"]],
  run: ({ operands, options }, context) =>
    each(context, operands, async (desktopPool) => {
      const query = options.force ? { force: true } : {};
      const operation = await context.client.call("desktopPoolDelete", { params: { desktopPool }, query });
      await follow(context, operation, `removing ${desktopPool}`);
      return `desktop pool ${desktopPool} is removed`;
    }),
});
