import { posix } from "node:path";
import { command, text } from "../command.ts";
import { waitOption } from "../operation/follow.ts";
import { agentOption, begin } from "./begin.ts";

export const pull = command({
  operands: [{ name: "URL" }],
  options: {
    name: text("NAME", "What to call it (default: the last part of the URL)."),
    sha256: text("HEX", "Refuse it unless this is its SHA-256."),
    ...agentOption("none"),
    ...waitOption,
  },
  about: `Downloads a disk image or ISO, as 'lodge image import' takes it. A download that was cut off goes on from
    there.`,
  examples: [
    [
      "lodge image pull https://cloud.debian.org/images/cloud/trixie/latest/debian-13-genericcloud-amd64.qcow2 --name trixie",
      "Debian's own cloud image",
    ],
  ],
  async run({ operands, options }, context) {
    const [url = ""] = operands;
    const { name, sha256, agent, wait } = options;
    const operation = await context.client.call("imagePull", {
      body: {
        url,
        ...(name === undefined ? {} : { name }),
        ...(sha256 === undefined ? {} : { sha256: sha256.toLowerCase() }),
        ...(agent === undefined ? {} : { agent }),
      },
    });
    await begin(context, operation, name ?? posix.basename(url), wait);
  },
});
