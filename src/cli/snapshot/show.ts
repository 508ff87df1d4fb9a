import { command } from "../command.ts";
import { formatOption, printItem } from "../output.ts";
import { formatSize, formatTime } from "../values.ts";

export const show = command({
  operands: [
    { name: "GUEST", complete: "guest" },
    { name: "SNAPSHOT", complete: "snapshot" },
  ],
  options: formatOption,
  examples: [["lodge snapshot show web before-upgrade", "all about one"]],
  async run({ operands, options }, { client, terminal }) {
    const [guest = "", snapshot = ""] = operands;
    const found = await client.call("snapshotGet", { params: { guest, snapshot } });
    await printItem(terminal, found, options.format, (one) => [
      ["name", one.name],
      ["id", one.id],
      ["description", one.description],
      ["taken", formatTime(one.createdAt)],
      ["kind", one.kind === "memory" ? "disks and memory" : "disks"],
      ["consistency", one.consistency],
      ["held up", one.pause === undefined ? undefined : `${Math.ceil(one.pause)} ms`],
      ["own", formatSize(one.size)],
      ["shared", formatSize(one.shared)],
      ["memory file", one.memorySize === undefined ? undefined : formatSize(one.memorySize)],
      ["machine", `${one.cpus} CPU, ${formatSize(one.memory)}`],
      ["disks", one.disks.map(({ id, size }) => `${id} ${formatSize(size)}`).join("\n")],
    ]);
  },
});
