import { command, flag } from "../command.ts";
import { each } from "../each.ts";

export const remove = command({
  operands: [{ name: "HOST", many: true, complete: "host" }],
  options: { force: flag("Also with guests: what Lodge knows of them is lost with the host.") },
  about: `For a host that does not come back; one that runs leaves by itself: 'lodge cluster leave'. Its certificate opens nothing from then
    on, and it can change nothing any more. Where it kept the cluster's state, another host does so in its place. To
    be in the cluster again it joins anew.

    Never use --force while its guests may still run: nothing would stop them, and nothing would know of them.`,
  examples: [
    ["lodge cluster remove node3", "it is gone for good"],
    ["lodge cluster remove node3 --force", "with the guests that it had"],
  ],
  run: ({ operands, options }, context) =>
    each(context, operands, async (host) => {
      const query = options.force ? { force: true } : {};
      const { name } = await context.client.call("clusterRemove", { params: { host }, query });
      return `${name} is no member any more`;
    }),
});
