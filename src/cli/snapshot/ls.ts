import type { Schemas } from "#contract/schemas";
import { treeRows, type TreeRow } from "#contract/snapshot-tree";
import { command } from "../command.ts";
import { listOptions, printList } from "../output.ts";
import type { Column } from "../table.ts";
import { formatAge, formatSize } from "../values.ts";

type Snapshot = Schemas["Snapshot"];
type Row = TreeRow<Snapshot>;

const here = "(the guest is here)";

const place = ({ snapshot, depth, branches }: Row): string =>
  (branches ? `${"│ ".repeat(depth - 1)}├─ ` : "│ ".repeat(depth)) + (snapshot?.name ?? here);

const whole: Readonly<Record<Snapshot["consistency"], string>> = {
  agent: "frozen by its agent",
  crash: "as after a power cut",
  rest: "stopped",
  memory: "with its memory",
};

const of =
  (cell: (snapshot: Snapshot) => string) =>
  ({ snapshot }: Row): string =>
    snapshot ? cell(snapshot) : "";

const columns = (now: number): readonly Column<Row>[] => [
  { title: "SNAPSHOT", cell: place },
  { title: "TAKEN", cell: of(({ createdAt }) => formatAge(createdAt, now)), align: "right" },
  { title: "OWN", cell: of(({ size }) => formatSize(size)), align: "right" },
  { title: "SHARED", cell: of(({ shared }) => formatSize(shared)), align: "right" },
  {
    title: "MEMORY",
    cell: of(({ memorySize }) => (memorySize === undefined ? "–" : formatSize(memorySize))),
    align: "right",
  },
  { title: "STATE", cell: of(({ consistency }) => whole[consistency]) },
  { title: "DESCRIPTION", cell: of(({ description }) => description) },
];

export const ls = command({
  operands: [{ name: "GUEST", complete: "guest" }],
  options: listOptions,
  about: `OWN is what was written from the snapshot before until this one, SHARED what lies below it and others stand
    on too, MEMORY the saved memory.`,
  examples: [["lodge snapshot ls web", "the tree, and where the guest is in it"]],
  async run({ operands, options }, { client, terminal }) {
    const params = { guest: operands[0] ?? "" };
    const list = await client.call("snapshotList", { params });
    const { quiet, format } = options;
    const plain = quiet || format === "json" || format === "yaml";
    const current = plain ? undefined : (await client.call("guestGet", { params })).snapshot;
    const rows: readonly Row[] = plain
      ? list.map((snapshot) => ({ snapshot, depth: 0, branches: false }))
      : treeRows(list, current);
    if (plain && !quiet)
      return printList(
        terminal,
        list,
        { format, quiet },
        { columns: [], name: ({ name }) => name, empty: "" },
      );
    await printList(
      terminal,
      rows,
      { format, quiet },
      {
        columns: columns(Date.now()),
        name: ({ snapshot }) => snapshot?.name ?? here,
        empty: "It has no snapshots. 'lodge snapshot create' takes one.",
      },
    );
  },
});
