import type { Schemas } from "#contract/schemas";
import { command } from "../command.ts";
import { listOptions, printList } from "../output.ts";
import type { Column } from "../table.ts";
import { formatAge } from "../values.ts";
import { lagWords } from "./words.ts";

/** `host`: the guest's, as in every list; the replica is `on` another. */
type Row = Schemas["Replica"] & { readonly guest: string; readonly on: string };

const columns: readonly Column<Row>[] = [
  { title: "GUEST", cell: ({ guest }) => guest },
  { title: "REPLICA", cell: ({ on }) => on },
  { title: "STATE", cell: ({ state }) => state },
  { title: "FOR", cell: ({ since }) => formatAge(since, Date.now()), align: "right" },
  { title: "BEHIND", cell: (row) => lagWords(row, Date.now()) },
  { title: "BECAUSE", cell: ({ reason }) => reason ?? "" },
];

export const ls = command({
  operands: [],
  options: listOptions,
  about: `What is in sync has each write of which the guest has heard that it is done. What is behind has what was written until it fell behind,
    and no more.`,
  examples: [["lodge replica ls", "which guests are on two hosts, and whether both are equal"]],
  async run({ options }, { client, terminal }) {
    const guests = await client.call("guestList");
    const rows = guests.flatMap(({ name, host, replica }) =>
      replica ? [{ ...replica, guest: name, host: host ?? "", on: replica.host }] : [],
    );
    await printList(terminal, rows, options, {
      columns,
      name: ({ guest }) => guest,
      empty: "No guest has a replica.",
    });
  },
});
