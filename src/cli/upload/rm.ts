import { command } from "../command.ts";
import { each } from "../each.ts";

export const rm = command({
  operands: [{ name: "UPLOAD", many: true, complete: "upload" }],
  options: {},
  about: `What has arrived of it is removed, and whoever still sends it is refused.`,
  examples: [["lodge upload rm u0123456789", "give it up"]],
  run: ({ operands }, context) =>
    each(context, operands, async (upload) => {
      const { file } = await context.client.call("uploadDelete", { params: { upload } });
      return `The upload of ${file} is removed`;
    }),
});
