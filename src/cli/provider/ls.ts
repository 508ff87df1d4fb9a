import type { Schemas } from "#contract/schemas";
import { command } from "../command.ts";
import { listOptions, printList } from "../output.ts";
import type { Column } from "../table.ts";

type Provider = Schemas["Provider"];

const addressOf = (provider: Provider): string =>
  provider.kind === "oidc" ? provider.issuer : provider.urls.join(" ");
const requiredBy = (provider: Provider): readonly string[] =>
  provider.kind === "oidc" ? provider.require : provider.requireGroups;

const columns: readonly Column<Provider>[] = [
  { title: "NAME", cell: ({ name }) => name },
  { title: "KIND", cell: ({ kind }) => kind },
  { title: "ADDRESS", cell: addressOf },
  { title: "NEW ACCOUNTS", cell: ({ role }) => role ?? "–" },
  { title: "REQUIRES", cell: (provider) => requiredBy(provider).join(", ") || "–" },
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
