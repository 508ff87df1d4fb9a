import type { Schemas } from "#contract/schemas";
import { command } from "../command.ts";
import { listOptions, printList } from "../output.ts";
import type { Column } from "../table.ts";

const columns: readonly Column<Schemas["Project"]>[] = [
  { title: "NAME", cell: ({ name }) => name },
  { title: "ABOUT", cell: ({ description }) => description },
];

export const ls = command({
  operands: [],
  options: listOptions,
  examples: [["lodge project ls", "the projects in which you have a role"]],
  async run({ options }, { client, terminal }) {
    await printList(terminal, await client.call("projectList"), options, {
      columns,
      name: ({ name }) => name,
      empty: "You have a role in no project.",
    });
  },
});
