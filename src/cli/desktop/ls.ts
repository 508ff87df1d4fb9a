import type { Schemas } from "#contract/schemas";
import { command, text } from "../command.ts";
import { listOptions, printList } from "../output.ts";
import type { Column } from "../table.ts";
import { formatTime } from "../values.ts";

const columns: readonly Column<Schemas["Desktop"]>[] = [
  { title: "DESKTOP", cell: ({ id }) => id },
  { title: "USER", cell: ({ user }) => user },
  { title: "POOL", cell: ({ poolName }) => poolName },
  { title: "STATE", cell: ({ state }) => state },
  { title: "GUEST", cell: ({ guestName }) => guestName ?? "–" },
  { title: "HOST", cell: ({ host }) => host ?? "–" },
  { title: "SINCE", cell: ({ createdAt }) => formatTime(createdAt) },
  {
    title: "VIEWERS",
    cell: ({ viewers, unheard }) => (unheard ? "?" : String(viewers.length)),
    align: "right",
  },
  { title: "ROUND TRIP", cell: (desktop) => roundTripOf(desktop), align: "right" },
  {
    title: "LAST INPUT",
    cell: ({ lastInputAt, unheard }) =>
      lastInputAt === undefined ? (unheard ? "?" : "–") : formatTime(lastInputAt),
  },
];

/** Of its user, in the window that he opened last. */
function roundTripOf({ viewers, unheard }: Schemas["Desktop"]): string {
  const roundTrip = viewers.findLast(({ shadow }) => !shadow)?.roundTrip;
  return roundTrip === undefined ? (unheard ? "?" : "–") : `${Math.round(roundTrip)} ms`;
}

export const ls = command({
  operands: [],
  options: {
    pool: text("POOL", "Of this pool alone.", { complete: "desktop-pool" }),
    user: text("NAME", "Of this person alone.", { complete: "user" }),
    ...listOptions,
  },
  about: "?: its host did not say in time who watches it.",
  examples: [
    ["lodge desktop ls", "who is on what"],
    ["lodge desktop ls --pool office", "of one pool"],
  ],
  async run({ options }, { client, terminal }) {
    const { pool, user } = options;
    const query = { ...(pool === undefined ? {} : { pool }), ...(user === undefined ? {} : { user }) };
    await printList(terminal, await client.call("desktopList", { query }), options, {
      columns,
      name: ({ id }) => id,
      empty: "Nobody has a desktop.",
    });
  },
});
