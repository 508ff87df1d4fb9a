import type { Schemas } from "#contract/schemas";
import { command } from "../command.ts";
import { listOptions, printList } from "../output.ts";
import type { Column } from "../table.ts";
import { formatAge } from "../values.ts";

type Fence = Schemas["Fence"];

const how = ({ last }: Fence): string => {
  if (!last) return "never used";
  return `${last.ok ? "worked" : "failed"} ${formatAge(last.at, Date.now())} ago`;
};

const columns: readonly Column<Fence>[] = [
  { title: "HOST", cell: ({ name }) => name },
  { title: "LAST", cell: how },
  { title: "TIMEOUT", cell: ({ timeout }) => `${timeout}s`, align: "right" },
  { title: "COMMAND", cell: ({ command: words }) => words.join(" ") },
];

export const ls = command({
  operands: [],
  options: listOptions,
  about: `The command of a host that is lost is run on the host that takes over its highly available guests. What a command said
    the last time is in the list as JSON.`,
  examples: [
    ["lodge fence ls", "which hosts can be switched off from outside"],
    ["lodge fence ls -f json", "with what each command said the last time"],
  ],
  async run({ options }, { client, terminal }) {
    await printList(terminal, await client.call("fenceList"), options, {
      columns,
      name: ({ name }) => name,
      empty: "No host has a fence device.",
    });
  },
});
