import type { Schemas } from "#contract/schemas";
import { command } from "../command.ts";
import { listOptions, printList } from "../output.ts";
import type { Column } from "../table.ts";
import { formatLeft } from "../values.ts";

type Arrival = Schemas["Arrival"];

const columns: readonly Column<Arrival>[] = [
  { title: "ID", cell: ({ id }) => id },
  { title: "STATE", cell: ({ state }) => state },
  { title: "GUEST", cell: ({ guest }) => guest?.name ?? "–" },
  { title: "FROM", cell: ({ from }) => from ?? "–" },
  { title: "ADDRESS", cell: ({ address }) => address },
  { title: "LEFT", cell: ({ expiresAt }) => formatLeft(expiresAt, Date.now()) },
];

export const ls = command({
  operands: [],
  options: listOptions,
  about: `One that is 'waiting' has all of its guest here, and its source has not said yet whose it is. It says so as soon as its daemon runs
    and reaches this host. Where it never will, 'lodge arrival settle' says it in its place.`,
  examples: [["lodge arrival ls", "who may bring a guest, and what is on its way"]],
  async run({ options }, { client, terminal }) {
    await printList(terminal, await client.call("arrivalList"), options, {
      columns,
      name: ({ id }) => id,
      empty: "Nobody may bring a guest. 'lodge arrival token' prints what lets somebody.",
    });
  },
});
