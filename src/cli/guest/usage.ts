import type { Schemas } from "#contract/schemas";
import { choice, command } from "../command.ts";
import { listOptions, printList } from "../output.ts";
import type { Column } from "../table.ts";
import { formatSize, formatTime } from "../values.ts";

type Point = Schemas["UsagePoint"];

const figure = (title: string, cell: (point: Point) => string): Column<Point> => ({
  title,
  cell,
  align: "right",
});

const columns: readonly Column<Point>[] = [
  { title: "AT", cell: ({ at }) => formatTime(at) },
  figure("CPUS", ({ cpu }) => cpu.toFixed(2)),
  figure("MEMORY", ({ memory }) => formatSize(memory)),
  figure("READ/S", ({ diskRead }) => formatSize(Math.round(diskRead))),
  figure("WRITTEN/S", ({ diskWritten }) => formatSize(Math.round(diskWritten))),
  figure("RECEIVED/S", ({ netReceived }) => formatSize(Math.round(netReceived))),
  figure("SENT/S", ({ netSent }) => formatSize(Math.round(netSent))),
];

export const usage = command({
  operands: [{ name: "GUEST", optional: true, complete: "guest" }],
  options: {
    ...listOptions,
    range: choice(["hour", "day"], "The last hour (the default), or the last day.", { short: "r" }),
  },
  about: `What a guest has taken over time; without GUEST, the whole host. The daemon writes it
down every ten minutes and when it stops, and goes on from there when it starts.`,
  examples: [
    ["lodge usage web", "the last hour, a line each 20 s"],
    ["lodge usage web --range day", "the last day, a line each 10 min"],
    ["lodge usage", "the whole host"],
  ],
  async run({ operands: [guest], options }, { client, terminal }) {
    const query = options.range === undefined ? {} : { range: options.range };
    const { points } =
      guest === undefined
        ? await client.call("usageHost", { query })
        : await client.call("usageGuest", { params: { guest }, query });
    await printList(terminal, points, options, {
      columns,
      name: ({ at }) => at,
      empty: "Nothing is known yet: it begins 20 s after the start.",
    });
  },
});
