import type { Schemas } from "#contract/schemas";
import { command } from "../command.ts";
import { listOptions, printList } from "../output.ts";
import type { Column } from "../table.ts";
import { formatAge, formatLeft } from "../values.ts";

type Token = Schemas["Token"];

function expiry({ expiresAt }: Token, now: number): string {
  if (expiresAt === undefined) return "never";
  return Date.parse(expiresAt) > now ? `in ${formatLeft(expiresAt, now)}` : "expired";
}

const columns = (now: number): readonly Column<Token>[] => [
  { title: "NAME", cell: ({ name }) => name },
  { title: "ROLE", cell: ({ role }) => role },
  { title: "OF", cell: ({ user }) => user ?? "the host" },
  { title: "EXPIRES", cell: (token) => expiry(token, now) },
  {
    title: "USED",
    cell: ({ lastUsedAt }) => (lastUsedAt === undefined ? "never" : `${formatAge(lastUsedAt, now)} ago`),
  },
];

export const ls = command({
  operands: [],
  options: listOptions,
  examples: [["lodge token ls", "which programs may do something, and until when"]],
  async run({ options }, { client, terminal }) {
    await printList(terminal, await client.call("tokenList"), options, {
      columns: columns(Date.now()),
      name: ({ name }) => name,
      empty: "There are no tokens.",
    });
  },
});
