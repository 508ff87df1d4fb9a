import { command } from "../command.ts";

export const rm = command({
  operands: [{ name: "UPLOAD", many: true, complete: "upload" }],
  options: {},
  about: `What has arrived of it is removed, and whoever still sends it is refused.`,
  examples: [["lodge upload rm u0123456789", "give it up"]],
  async run({ operands }, { client, terminal }) {
    for (const upload of operands) {
      const { file } = await client.call("uploadDelete", { params: { upload } });
      terminal.print(`The upload of ${file} is removed`);
    }
  },
});
