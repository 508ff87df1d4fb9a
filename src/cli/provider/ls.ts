import type { Schemas } from "#contract/schemas";
import { command } from "../command.ts";
import { listOptions, printList } from "../output.ts";
import type { Column } from "../table.ts";

const columns: readonly Column<Schemas["Provider"]>[] = [
  { title: "NAME", cell: ({ name }) => name },
  { title: "ISSUER", cell: ({ issuer }) => issuer },
  { title: "NEW ACCOUNTS", cell: ({ role }) => role ?? "–" },
  { title: "REQUIRES", cell: ({ require }) => require.join(" ") || "–" },
];

export const ls = command({
  operands: [],
  options: listOptions,
  examples: [["lodge provider ls", "whose accounts people can sign in with"]],
  async run({ options }, { client, terminal }) {
    await printList(terminal, await client.call("providerList"), options, {
      columns,
      name: ({ name }) => name,
      empty: "There are none: people sign in with passwords and passkeys.",
    });
  },
});
