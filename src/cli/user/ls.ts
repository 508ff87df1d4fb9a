import type { Schemas } from "#contract/schemas";
import { command } from "../command.ts";
import { listOptions, printList } from "../output.ts";
import type { Column } from "../table.ts";
import { formatAge } from "../values.ts";

type User = Schemas["User"];

const columns = (now: number): readonly Column<User>[] => [
  { title: "NAME", cell: ({ name }) => name },
  { title: "ROLE", cell: ({ role }) => role },
  {
    title: "GROUPS",
    cell: ({ groups, told }) => [...new Set([...groups, ...(told?.groups ?? [])])].join(", ") || "–",
  },
  {
    title: "SIGNED IN",
    cell: ({ lastSignInAt, barred, lapsed }) =>
      barred
        ? "barred"
        : lapsed
          ? "shut out"
          : lastSignInAt === undefined
            ? "never"
            : `${formatAge(lastSignInAt, now)} ago`,
  },
  { title: "MADE", cell: ({ createdAt }) => `${formatAge(createdAt, now)} ago`, align: "right" },
];

export const ls = command({
  operands: [],
  options: listOptions,
  examples: [["lodge user ls", "who may sign in, and as what"]],
  async run({ options }, { client, terminal }) {
    await printList(terminal, await client.call("userList"), options, {
      columns: columns(Date.now()),
      name: ({ name }) => name,
      empty: "There are no accounts; 'lodge sign-in-link' makes a link to the first.",
    });
  },
});
