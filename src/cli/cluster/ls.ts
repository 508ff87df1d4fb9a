import type { Schemas } from "#contract/schemas";
import { command } from "../command.ts";
import { listOptions, printList } from "../output.ts";
import type { Column } from "../table.ts";
import { timeOfDay, withoutQuorum } from "./without-quorum.ts";

type Host = Schemas["ClusterHost"];

function role({ voter, witness }: Host): string {
  if (witness) return "witness";
  return voter ? "keeps the state" : "–";
}

function state({ answers, knownAt, state: kind }: Host): string {
  if (knownAt !== undefined) return answers ? `answered at ${timeOfDay(knownAt)}` : "did not answer";
  if (!answers) return "does not answer";
  return kind === "draining" ? "takes no guests" : "answers";
}

const columns: readonly Column<Host>[] = [
  { title: "NAME", cell: ({ name, here }) => (here ? `${name} *` : name) },
  { title: "STATE", cell: state },
  { title: "ADDRESS", cell: ({ address }) => address },
  { title: "GUESTS", cell: ({ guests }) => String(guests), align: "right" },
  { title: "PART", cell: role },
  { title: "VERSION", cell: ({ version }) => version },
];

export const ls = command({
  operands: [],
  options: listOptions,
  about: `The host that was asked has a star. Those that keep the state are chosen by Lodge: one of one or two hosts, two and a witness where
    there is one, three of three or four, five of more. A majority of them has to run for anything to be changed.`,
  examples: [["lodge cluster ls", "which hosts there are, and which answer"]],
  async run({ options }, { client, terminal }) {
    const hosts = await client.call("clusterHosts");
    const note = withoutQuorum(hosts);
    if (note !== undefined) terminal.note(note);
    await printList(terminal, hosts, options, {
      columns,
      name: ({ name }) => name,
      empty: "This host is in no cluster. 'lodge cluster init' makes it the first of one.",
    });
  },
});
