import { LodgeError } from "#contract/errors";
import { command, text } from "../command.ts";
import { waitOption } from "../operation/follow.ts";
import { agentOption, begin } from "./begin.ts";

export const create = command({
  operands: [{ name: "NAME" }],
  options: {
    from: text("GUEST", "The guest, which has to be stopped.", { complete: "guest" }),
    ...agentOption("as its own image"),
    ...waitOption,
  },
  about: `A copy of the guest's first disk as it is. Users, keys and passwords in it become those of every guest made of
    the image.`,
  examples: [
    ["lodge image create golden --from web", "keep web's disk as the image golden"],
    [
      "lodge image create my-os --from setup --agent qemu",
      "of a system in which QEMU's guest agent was installed",
    ],
  ],
  async run({ operands, options }, context) {
    const [name = ""] = operands;
    const { from, agent, wait } = options;
    if (from === undefined) {
      throw new LodgeError("api.usage", { reason: "--from GUEST is missing", command: context.name });
    }
    const operation = await context.client.call("imageCreate", {
      body: { guest: from, name, ...(agent === undefined ? {} : { agent }) },
    });
    await begin(context, operation, name, wait);
  },
});
