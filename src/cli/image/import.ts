import { basename } from "node:path";
import type { Operation } from "#contract/operation";
import { command, flag, text } from "../command.ts";
import type { Context } from "../context.ts";
import { waitOption } from "../operation/follow.ts";
import { localPath } from "../paths.ts";
import { agentOption, begin } from "./begin.ts";

interface Wish {
  readonly name?: string;
  readonly sha256?: string;
  readonly agent?: "lodge" | "qemu" | "none";
}

export const importFile = command({
  operands: [{ name: "FILE", complete: "file" }],
  options: {
    name: text("NAME", "What to call it (default: the file's name)."),
    sha256: text("HEX", "Refuse it unless this is its SHA-256."),
    ...agentOption("none"),
    "on-host": flag("FILE is a path on the daemon's host, where that is another computer."),
    ...waitOption,
  },
  about: `qcow2, raw, vmdk, vhd, vhdx, vdi, ISO and OVA, told apart by what is in the file and not by its name. The file
    is copied. To a daemon on another computer (--remote, LODGE_URL) it is sent; where that is interrupted, the same
    command typed again within a day goes on from there.`,
  examples: [
    ["lodge image import ./appliance.vmdk --name appliance", "a disk of another hypervisor"],
    ["lodge image import ./appliance.ova", "what VMware and VirtualBox export"],
    ["lodge image import ./win11.iso --sha256 8f3c…", "an ISO, checked"],
    ["lodge image import ./appliance.vmdk --remote lab", "sent to another computer"],
  ],
  async run({ operands, options }, context) {
    const [file = ""] = operands;
    const { name, sha256, agent, wait } = options;
    const wish: Wish = {
      ...(name === undefined ? {} : { name }),
      ...(sha256 === undefined ? {} : { sha256: sha256.toLowerCase() }),
      ...(agent === undefined ? {} : { agent }),
    };
    const here = !context.local && !options["on-host"];
    const operation = await (here ? sent(context, file, wish) : taken(context, file, wish));
    await begin(context, operation, name ?? basename(file), wait);
  },
});

/** The daemon reads the file itself. */
const taken = ({ client, local }: Context, file: string, wish: Wish): Promise<Operation> =>
  client.call("imageImport", {
    body: { path: localPath(local && !file.includes("/") ? `./${file}` : file, local), ...wish },
  });

async function sent(context: Context, file: string, wish: Wish): Promise<Operation> {
  const { sendHere } = await import("./send.ts");
  const { id } = await sendHere(context, file, wish.name);
  return context.client.call("uploadImport", { params: { upload: id }, body: wish });
}
