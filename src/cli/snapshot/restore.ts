import type { Schemas } from "#contract/schemas";
import { command, flag } from "../command.ts";
import { leftToItself } from "../disk/left-to-itself.ts";
import { follow, waitOption } from "../operation/follow.ts";

export const restore = command({
  operands: [
    { name: "GUEST", complete: "guest" },
    { name: "SNAPSHOT", complete: "snapshot" },
  ],
  options: {
    force: flag("Also a guest that runs: it is switched off.", { short: "f" }),
    keep: flag("Take a snapshot of its present state first, to come back to."),
    "disks-only": flag("Of one with memory, the disks alone: it boots."),
    start: flag("Leave it at rest, whatever it was.", { on: true }),
    ...waitOption,
  },
  about: `What the guest is now is lost, unless --keep keeps it: as a snapshot of its disks, and of its memory where it
    is suspended. Its name, network and labels stay as they are. A guest that ran is started again; one restored with
    its memory goes on from there. Other snapshots stay, and the guest can go to any of them.`,
  examples: [
    ["lodge snapshot restore web before-upgrade", "a guest that is stopped"],
    ["lodge snapshot restore --force --keep web before-upgrade", "one that runs, keeping what it is now"],
  ],
  async run({ operands, options }, context) {
    const [guest = "", snapshot = ""] = operands;
    const { client, terminal } = context;
    const params = { guest, snapshot };
    const wanted = await client.call("snapshotGet", { params });
    const body: Schemas["SnapshotRestore"] = {
      ...(options.force ? { force: true } : {}),
      ...(options.keep ? { keep: true } : {}),
      ...(options["disks-only"] ? { memory: false } : {}),
      ...(options.start === false ? { start: false } : {}),
    };
    const operation = await client.call("snapshotRestore", { params, body });
    if (options.wait === false) return leftToItself(context, operation);
    const { result } = await follow(context, operation, `${guest}: restoring ${wanted.name}`);
    const { starting, kept } = result as { starting?: string; kept?: string };
    if (kept !== undefined) terminal.print(`what it was until now is kept as ${kept}`);
    if (starting !== undefined) {
      const start = await client.call("operationGet", { params: { operation: starting } });
      await follow(context, start, `${guest}: starting`);
    }
    terminal.print(`${guest} is what it was at ${wanted.name}`);
  },
});
