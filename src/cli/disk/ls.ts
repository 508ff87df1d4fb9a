import { command } from "../command.ts";
import { listOptions, printList } from "../output.ts";
import { formatSize } from "../values.ts";

export const ls = command({
  operands: [{ name: "GUEST", complete: "guest" }],
  options: listOptions,
  examples: [["lodge disk ls db", "its disks, and how it knows them"]],
  async run({ operands, options }, { client, terminal }) {
    const guest = await client.call("guestGet", { params: { guest: operands[0] ?? "" } });
    await printList(
      terminal,
      guest.disks,
      { format: options.format, quiet: options.quiet },
      {
        columns: [
          { title: "DISK", cell: ({ id }) => id },
          { title: "SIZE", cell: ({ size }) => formatSize(size), align: "right" },
          { title: "BUS", cell: ({ bus }) => bus },
          { title: "FORMAT", cell: ({ format, encrypted }) => (encrypted ? `${format}, encrypted` : format) },
          { title: "SERIAL", cell: ({ serial }) => serial },
        ],
        name: ({ id }) => id,
        empty: "It has no disks.",
      },
    );
  },
});
