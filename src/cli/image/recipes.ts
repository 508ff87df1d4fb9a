import type { Schemas } from "#contract/schemas";
import { command } from "../command.ts";
import { listOptions, printList } from "../output.ts";
import type { Column } from "../table.ts";

const columns: readonly Column<Schemas["Recipe"]>[] = [
  { title: "NAME", cell: ({ name }) => name },
  { title: "BUILT", cell: ({ built }) => (built ? "yes" : "no") },
  { title: "BY", cell: ({ kind }) => kind },
  { title: "ABOUT", cell: ({ description }) => description },
];

export const recipes = command({
  operands: [],
  options: listOptions,
  examples: [["lodge image recipes", "what 'lodge image build' can make"]],
  async run({ options }, { client, terminal }) {
    await printList(terminal, await client.call("recipeList"), options, {
      columns,
      name: ({ name }) => name,
      empty: "There are no recipes.",
    });
  },
});
