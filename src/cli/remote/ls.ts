import { readRemotes, type Remote } from "#client/remotes";
import { command } from "../command.ts";
import { listOptions, printList } from "../output.ts";
import type { Column } from "../table.ts";

type Named = Pick<Remote, "url"> & { readonly name: string; readonly pinned: boolean };

const columns: readonly Column<Named>[] = [
  { title: "NAME", cell: ({ name }) => name },
  { title: "URL", cell: ({ url }) => url },
  { title: "CERTIFICATE", cell: ({ pinned }) => (pinned ? "pinned" : "as this computer trusts") },
];

export const ls = command({
  operands: [],
  options: listOptions,
  examples: [["lodge remote ls", "other computers' Lodges that have a name here"]],
  async run({ options }, { terminal }) {
    const items = Object.entries(readRemotes()).map(([name, { url, ca }]) => ({
      name,
      url,
      pinned: ca !== undefined,
    }));
    await printList(terminal, items, options, {
      columns,
      name: ({ name }) => name,
      empty: "There are none; 'lodge remote add NAME URL' adds one.",
    });
  },
});
