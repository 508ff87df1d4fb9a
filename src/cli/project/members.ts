import type { Schemas } from "#contract/schemas";
import { command } from "../command.ts";
import { listOptions, printList } from "../output.ts";
import type { Column } from "../table.ts";

const columns: readonly Column<Schemas["Member"]>[] = [
  { title: "NAME", cell: ({ user }) => user },
  { title: "ROLE", cell: ({ role }) => role },
  { title: "EVERYWHERE", cell: ({ everywhere }) => everywhere },
];

export const members = command({
  operands: [{ name: "PROJECT", complete: "project" }],
  options: listOptions,
  about: `Those to whom a role was granted in it. Accounts with a role in every project are in 'lodge user ls'.`,
  examples: [["lodge project members shop", "who was granted a role in it"]],
  async run({ operands, options }, { client, terminal }) {
    const [project = ""] = operands;
    await printList(terminal, await client.call("memberList", { params: { project } }), options, {
      columns,
      name: ({ user }) => user,
      empty: `Nobody was granted a role in ${project}. 'lodge project grant ${project} USER --role ROLE' grants one.`,
    });
  },
});
