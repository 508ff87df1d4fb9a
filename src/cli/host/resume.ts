import { command, flag } from "../command.ts";
import { leftToItself } from "../disk/left-to-itself.ts";
import { follow, waitOption } from "../operation/follow.ts";

export const resume = command({
  operands: [{ name: "HOST", optional: true, complete: "host" }],
  options: {
    stay: flag("What its drain moved elsewhere stays there."),
    ...waitOption,
  },
  about: `Takes back what 'lodge host drain' did: the host takes guests again, and those that went elsewhere by it come back, some at a
    time. One that cannot come stays where it is, which 'lodge events' says with why.`,
  examples: [
    ["lodge host resume node2", "it is upgraded, and everything is as before"],
    ["lodge host resume node2 --stay", "its guests stay where they went"],
  ],
  async run({ operands, options }, context) {
    const [host] = operands;
    const body = options.stay ? { stay: true } : {};
    const operation = await context.client.call("drainResume", { body }, host === undefined ? {} : { host });
    if (options.wait === false) return leftToItself(context, operation);
    await follow(context, operation, `filling ${host ?? "this host"}`);
    context.terminal.print(`${host ?? "This host"} takes guests again`);
  },
});
