import type { Schemas } from "#contract/schemas";
import { command, flag, text } from "../command.ts";
import { leftToItself } from "../disk/left-to-itself.ts";
import { follow, waitOption } from "../operation/follow.ts";
import { formatOption, printData } from "../output.ts";

export const fork = command({
  operands: [
    { name: "GUEST", complete: "guest" },
    { name: "SNAPSHOT", complete: "snapshot" },
  ],
  options: {
    name: text("NAME", "What to call the new guest."),
    "disks-only": flag("Of a snapshot with memory, the disks alone: it boots."),
    "allow-tpm": flag("Also of a guest with a TPM, whose secrets the new one then holds too."),
    ...waitOption,
    ...formatOption,
  },
  about: `The new guest has the disks of the snapshot by copy-on-write, and goes its own way from there; with a
    snapshot's memory it goes on as the guest did, else it boots. The guest itself is not touched. With Lodge's agent
    in it the new guest has a name, address and keys of its own before it is heard on the network; without, what
    its disks say.`,
  examples: [["lodge snapshot fork web before-upgrade --name try", "a guest to try the upgrade in"]],
  async run({ operands, options }, context) {
    const [guest = "", snapshot = ""] = operands;
    const { client, terminal } = context;
    const { name, format } = options;
    const body: Schemas["SnapshotFork"] = {
      ...(name === undefined ? {} : { name }),
      ...(options["disks-only"] ? { memory: false } : {}),
      ...(options["allow-tpm"] ? { allowTpm: true } : {}),
    };
    const operation = await client.call("snapshotFork", { params: { guest, snapshot }, body });
    if (options.wait === false) return leftToItself(context, operation, format);
    const { result } = await follow(context, operation, `${guest}: forking ${snapshot}`);
    const made = (result as { guest: Schemas["Guest"] }).guest;
    if (format === "json" || format === "yaml") return printData(terminal, made, format);
    const address = made.nics[0]?.address;
    terminal.print(
      `${made.name} is up: ${snapshot} of ${guest}${address === undefined ? "" : `, ${address}`}`,
    );
  },
});
