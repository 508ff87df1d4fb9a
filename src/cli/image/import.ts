import { basename } from "node:path";
import { command, text } from "../command.ts";
import { waitOption } from "../operation/follow.ts";
import { localPath } from "../paths.ts";
import { agentOption, begin } from "./begin.ts";

export const importFile = command({
  operands: [{ name: "FILE", complete: "file" }],
  options: {
    name: text("NAME", "What to call it (default: the file's name)."),
    sha256: text("HEX", "Refuse it unless this is its SHA-256."),
    ...agentOption("none"),
    ...waitOption,
  },
  about: `qcow2, raw, vmdk, vhd, vhdx, vdi and ISO, told apart by what is in the file and not by its name. The file
    is copied. With a daemon on another computer (LODGE_URL) the path is one there.`,
  examples: [
    ["lodge image import ./appliance.vmdk --name appliance", "a disk of another hypervisor"],
    ["lodge image import ./win11.iso --sha256 8f3c…", "an ISO, checked"],
  ],
  async run({ operands, options }, context) {
    const [file = ""] = operands;
    const { name, sha256, agent, wait } = options;
    const operation = await context.client.call("imageImport", {
      body: {
        path: localPath(context.local && !file.includes("/") ? `./${file}` : file, context.local),
        ...(name === undefined ? {} : { name }),
        ...(sha256 === undefined ? {} : { sha256: sha256.toLowerCase() }),
        ...(agent === undefined ? {} : { agent }),
      },
    });
    await begin(context, operation, name ?? basename(file), wait);
  },
});
