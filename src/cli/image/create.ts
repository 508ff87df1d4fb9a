import { LodgeError } from "#contract/errors";
import { command, text } from "../command.ts";
import { waitOption } from "../operation/follow.ts";
import { begin } from "./begin.ts";

export const create = command({
  operands: [{ name: "NAME" }],
  options: {
    from: text("GUEST", "The guest, which has to be stopped.", { complete: "guest" }),
    ...waitOption,
  },
  about: `A copy of the guest's disk as it is. Users, keys and passwords in it become those of every guest made of
    the image.`,
  examples: [["lodge image create golden --from web", "keep web's disk as the image golden"]],
  async run({ operands, options }, context) {
    const [name = ""] = operands;
    const { from, wait } = options;
    if (from === undefined) {
      throw new LodgeError("api.usage", { reason: "--from GUEST is missing", command: context.name });
    }
    const operation = await context.client.call("imageCreate", { body: { guest: from, name } });
    await begin(context, operation, name, wait);
  },
});
