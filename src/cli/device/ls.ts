import { command } from "../command.ts";
import { listOptions, printList } from "../output.ts";
import { printable } from "../printable.ts";

export const ls = command({
  operands: [],
  options: listOptions,
  about: "USB and PCI devices of the host, whose they are, and what stands in the way of handing one on.",
  examples: [["lodge device ls", "what could be handed on to a guest"]],
  async run({ options }, { client, terminal }) {
    await printList(
      terminal,
      await client.spread("deviceList"),
      { format: options.format, quiet: options.quiet },
      {
        columns: [
          { title: "DEVICE", cell: ({ id }) => id },
          { title: "MODEL", cell: ({ model }) => model },
          { title: "WHAT", cell: ({ name }) => printable(name) },
          { title: "DRIVER", cell: ({ driver }) => driver ?? "–" },
          { title: "GOES ALONG", cell: ({ along }) => along?.join(" ") ?? "–" },
          { title: "GUEST", cell: ({ guest }) => guest ?? "–" },
          { title: "IN THE WAY", cell: ({ problem }) => problem ?? "–" },
        ],
        name: ({ id }) => id,
        empty: "The host has no devices that could be handed on.",
      },
    );
  },
});
