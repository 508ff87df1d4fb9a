import type { Schemas } from "#contract/schemas";
import { choice, command, text } from "../command.ts";
import { listOptions, printList } from "../output.ts";
import { withoutQuorum } from "../cluster/without-quorum.ts";
import type { Column } from "../table.ts";
import type { Style, Terminal } from "../terminal.ts";
import { formatAge, formatSize } from "../values.ts";

type Guest = Schemas["Guest"];

const colours: Readonly<Record<string, Style>> = {
  running: "green",
  crashed: "red",
  stopped: "dim",
  suspended: "dim",
};

export const paintState = (terminal: Terminal, state: string, shown = state): string => {
  const style = colours[state] ?? "yellow";
  return terminal.paint(style, shown);
};

/** In few words what `lodge show` says in full. */
const ailments: Readonly<Record<string, string>> = {
  "guest.no_space": "disk full",
  "guest.disk_failed": "disk fails",
  "guest.tpm_gone": "TPM gone",
};

function stateCell({ state, ails = [] }: Guest): string {
  const known = ails.map(({ code }) => ailments[code] ?? code);
  return known.length === 0 ? state : `${state} (${known.join(", ")})`;
}

const columns = (terminal: Terminal, now: number): readonly Column<Guest>[] => [
  { title: "NAME", cell: ({ name }) => name, paint: (shown) => terminal.paint("bold", shown) },
  {
    title: "STATE",
    cell: stateCell,
    paint: (shown, { state }) => paintState(terminal, state, shown),
  },
  { title: "SINCE", cell: ({ stateSince }) => formatAge(stateSince, now), align: "right" },
  { title: "ADDRESS", cell: ({ nics }) => nics[0]?.address ?? "–" },
  { title: "CPUS", cell: ({ cpus }) => String(cpus), align: "right" },
  { title: "MEMORY", cell: ({ memory }) => formatSize(memory), align: "right" },
  { title: "FROM", cell: ({ origin }) => origin.parent ?? origin.image ?? "–" },
];

export const ls = command({
  operands: [],
  options: {
    ...listOptions,
    label: text("KEY[=VALUE]", "Only guests with this label."),
    state: choice(
      [
        "creating",
        "stopped",
        "starting",
        "running",
        "paused",
        "suspending",
        "suspended",
        "stopping",
        "crashed",
        "deleting",
      ],
      "Only guests in this state: running, stopped, …",
      { value: "STATE" },
    ),
  },
  examples: [
    ["lodge ls", "all guests"],
    ["lodge ls --label tier=front --state running", "some of them"],
    ["lodge ls -q | xargs lodge stop", "names alone, for other commands"],
    ["lodge ls -f json", "everything about them, for programs"],
  ],
  async run({ options }, { client, terminal }) {
    const { label, state } = options;
    const guests = await client.call("guestList", {
      query: { ...(label === undefined ? {} : { label }), ...(state === undefined ? {} : { state }) },
    });
    const inCluster = guests.some(({ host }) => host !== undefined);
    const note = inCluster ? withoutQuorum(await client.call("clusterHosts")) : undefined;
    if (note !== undefined) terminal.note(note);
    await printList(terminal, guests, options, {
      columns: columns(terminal, Date.now()),
      name: ({ name }) => name,
      empty: "There are no guests. 'lodge run debian-13' makes one.",
    });
  },
});
