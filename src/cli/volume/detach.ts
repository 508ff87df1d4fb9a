import { command, flag, parsed } from "../command.ts";
import { leftToItself } from "../disk/left-to-itself.ts";
import { follow, waitOption } from "../operation/follow.ts";
import { parseSeconds } from "../values.ts";

export const detach = command({
  operands: [{ name: "VOLUME", complete: "volume" }],
  options: {
    timeout: parsed("TIME", "How long the guest has to let go of it (default 30s).", parseSeconds),
    force: flag("Without asking the guest: what it has not written yet is lost.", { short: "f" }),
    ...waitOption,
  },
  about: `A guest that runs is waited for until no file system on it is mounted and nothing else uses it, which its agent
    says; after that time it stays where it is. A guest without an agent cannot be asked: unmount it there, and use
    --force.`,
  examples: [
    ["lodge volume detach data", "what is on it stays"],
    ["lodge volume detach data --timeout 5m", "wait longer"],
  ],
  async run({ operands, options }, context) {
    const [volume = ""] = operands;
    const { timeout, force } = options;
    const body = { ...(timeout === undefined ? {} : { timeout }), ...(force ? { force } : {}) };
    const operation = await context.client.call("volumeDetach", { params: { volume }, body });
    if (options.wait === false) return leftToItself(context, operation);
    await follow(context, operation, `detaching ${volume}`);
    context.terminal.print(`volume ${volume} is in no guest`);
  },
});
