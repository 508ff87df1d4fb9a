import type { Schemas } from "#contract/schemas";
import { command } from "../command.ts";
import { listOptions, printList } from "../output.ts";
import type { Column } from "../table.ts";
import { formatAge } from "../values.ts";
import { resultOf } from "./words.ts";

const columns = (now: number): readonly Column<Schemas["Delivery"]>[] => [
  { title: "ID", cell: ({ id }) => id },
  { title: "SENT", cell: ({ at }) => `${formatAge(at, now)} ago` },
  { title: "TYPE", cell: ({ type }) => type },
  { title: "TRY", cell: ({ attempt, why }) => (why === "event" ? String(attempt) : why), align: "right" },
  { title: "TOOK", cell: ({ milliseconds }) => `${milliseconds} ms`, align: "right" },
  { title: "RESULT", cell: resultOf },
];

export const deliveries = command({
  operands: [{ name: "WEBHOOK", complete: "webhook" }],
  options: listOptions,
  about: `The last hundred, newest first. With -f json also what was sent, and the beginning of what was answered.`,
  examples: [["lodge webhook deliveries ci", "what was sent, and what came of it"]],
  async run({ operands, options }, { client, terminal }) {
    const [webhook = ""] = operands;
    await printList(terminal, await client.call("deliveryList", { params: { webhook } }), options, {
      columns: columns(Date.now()),
      name: ({ id }) => id,
      empty: "Nothing has been sent yet.",
    });
  },
});
