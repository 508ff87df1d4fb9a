import { command } from "../command.ts";
import { listOptions, printList } from "../output.ts";

export const ls = command({
  operands: [{ name: "GUEST", complete: "guest" }],
  options: listOptions,
  examples: [["lodge share ls web", "its shared folders, and where they are"]],
  async run({ operands, options }, { client, terminal }) {
    const guest = await client.call("guestGet", { params: { guest: operands[0] ?? "" } });
    await printList(
      terminal,
      guest.shares ?? [],
      { format: options.format, quiet: options.quiet },
      {
        columns: [
          { title: "SHARE", cell: ({ name }) => name },
          { title: "ON THE HOST", cell: ({ path }) => path },
          { title: "IN THE GUEST", cell: ({ at }) => at },
          { title: "MAY", cell: ({ readOnly }) => (readOnly ? "read" : "read and write") },
        ],
        name: ({ name }) => name,
        empty: "It shares no folder of the host.",
      },
    );
  },
});
