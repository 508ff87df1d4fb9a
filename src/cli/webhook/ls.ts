import type { Schemas } from "#contract/schemas";
import { command } from "../command.ts";
import { listOptions, printList } from "../output.ts";
import type { Column } from "../table.ts";
import { formatAge } from "../values.ts";

type Webhook = Schemas["Webhook"];

const columns = (now: number): readonly Column<Webhook>[] => [
  { title: "NAME", cell: ({ name }) => name },
  { title: "STATE", cell: ({ state }) => state },
  { title: "WAITING", cell: ({ waiting }) => String(waiting), align: "right" },
  {
    title: "DELIVERED",
    cell: ({ deliveredAt }) => (deliveredAt === undefined ? "never" : `${formatAge(deliveredAt, now)} ago`),
  },
  { title: "EVENTS", cell: ({ events }) => events.join(" ") },
  { title: "ADDRESS", cell: ({ url }) => url },
];

export const ls = command({
  operands: [],
  options: listOptions,
  examples: [["lodge webhook ls", "who is told of what happens here, and how it goes"]],
  async run({ options }, { client, terminal }) {
    await printList(terminal, await client.call("webhookList"), options, {
      columns: columns(Date.now()),
      name: ({ name }) => name,
      empty: "There are no webhooks. 'lodge webhook add' makes one.",
    });
  },
});
