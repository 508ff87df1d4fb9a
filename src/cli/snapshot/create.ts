import type { Schemas } from "#contract/schemas";
import { choice, command, flag, text } from "../command.ts";
import { leftToItself } from "../disk/left-to-itself.ts";
import { follow, waitOption } from "../operation/follow.ts";
import { formatOption, printData } from "../output.ts";
import { printable } from "../printable.ts";
import { formatSize } from "../values.ts";

export const create = command({
  operands: [
    { name: "GUEST", complete: "guest" },
    { name: "NAME", optional: true },
  ],
  options: {
    memory: flag("With its memory and processes, so that it goes on from there.", { short: "m" }),
    description: text("TEXT", "What it is for.", { short: "d" }),
    freeze: choice(
      ["auto", "always", "never"],
      "Have the agent freeze the file systems meanwhile: where it can (default), or else fail.",
    ),
    ...waitOption,
    ...formatOption,
  },
  about: `All disks are kept as they are at one moment; nothing of them is copied. A guest that runs goes on, held up
    for some milliseconds. Its agent freezes its file systems meanwhile, so that what is on them is whole; without an
    agent they are as after a power cut, which journals repair.

    With --memory what it has in memory is written to a file; restored, it goes on from there. What it had in memory,
    passwords and keys among it, is in that file.`,
  examples: [
    ["lodge snapshot create web before-upgrade", "its disks, while it runs"],
    ["lodge snapshot create web mid-game --memory", "with everything that runs in it"],
  ],
  async run({ operands, options }, context) {
    const [guest = "", name] = operands;
    const { memory, description, freeze, format } = options;
    const { client, terminal } = context;
    const body: Schemas["SnapshotCreate"] = {
      ...(name === undefined ? {} : { name }),
      ...(description === undefined ? {} : { description }),
      ...(memory ? { memory } : {}),
      ...(freeze === undefined ? {} : { freeze }),
    };
    const operation = await client.call("snapshotCreate", { params: { guest }, body });
    if (options.wait === false) return leftToItself(context, operation, format);
    const { result } = await follow(context, operation, `${guest}: taking a snapshot`);
    const { snapshot, warning } = result as { snapshot: Schemas["Snapshot"]; warning?: string };
    if (format === "json" || format === "yaml") return printData(terminal, snapshot, format);
    const { memorySize, pause } = snapshot;
    const kept = memorySize === undefined ? "its disks" : `its disks and ${formatSize(memorySize)} of memory`;
    terminal.print(`snapshot ${snapshot.name} of ${guest} is taken: ${kept}`);
    if (pause !== undefined) terminal.note(terminal.paintNote("dim", `Held up for ${Math.ceil(pause)} ms.`));
    if (warning !== undefined) terminal.note(terminal.paintNote("yellow", printable(warning)));
  },
});
