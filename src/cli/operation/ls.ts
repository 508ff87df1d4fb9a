import type { Operation } from "#contract/operation";
import { choice, command, parsed, text } from "../command.ts";
import { listOptions, printList } from "../output.ts";
import type { Column } from "../table.ts";
import { formatAge, formatDuration, parseCount } from "../values.ts";
import type { Terminal } from "../terminal.ts";

/** How long it took, or has taken until now. */
export const duration = ({ startedAt, endedAt }: Operation, now: number): string =>
  formatDuration((endedAt === undefined ? now : Date.parse(endedAt)) - Date.parse(startedAt));

const columns = (terminal: Terminal, now: number): readonly Column<Operation>[] => [
  { title: "ID", cell: ({ id }) => id },
  { title: "KIND", cell: ({ kind }) => kind },
  { title: "ON", cell: ({ targets }) => targets.join(" ") || "–" },
  {
    title: "STATUS",
    cell: ({ status }) => status,
    paint: (shown, { status }) =>
      status === "failed"
        ? terminal.paint("red", shown)
        : status === "succeeded"
          ? shown
          : terminal.paint("yellow", shown),
  },
  { title: "BY", cell: ({ actor }) => actor ?? "–" },
  { title: "BEGUN", cell: ({ startedAt }) => `${formatAge(startedAt, now)} ago`, align: "right" },
  { title: "TOOK", cell: (operation) => duration(operation, now), align: "right" },
  { title: "ABOUT", cell: ({ error, progress }) => error?.message ?? progress.message },
];

export const ls = command({
  operands: [],
  options: {
    ...listOptions,
    guest: text("GUEST", "Only those on this guest.", { complete: "guest" }),
    status: choice(
      ["queued", "running", "undoing", "succeeded", "failed", "cancelled"],
      "Only those in this status.",
    ),
    limit: parsed("N", "At most so many (default 50).", parseCount(1, 1000), { short: "n" }),
  },
  examples: [
    ["lodge operation ls", "the latest"],
    ["lodge operation ls --status running", "what goes on now"],
    ["lodge operation ls --guest web", "what was done to a guest"],
  ],
  async run({ options }, { client, terminal }) {
    const { status, limit = 50 } = options;
    const guest =
      options.guest === undefined
        ? undefined
        : await client.call("guestGet", { params: { guest: options.guest } });
    const query = {
      ...(guest === undefined ? {} : { target: `guest:${guest.id}` }),
      ...(status === undefined ? {} : { status }),
      limit,
    };
    await printList(terminal, await client.call("operationList", { query }), options, {
      columns: columns(terminal, Date.now()),
      name: ({ id }) => id,
      empty: "There are none.",
    });
  },
});
