import type { Schemas } from "#contract/schemas";
import { command } from "../command.ts";
import { listOptions, printList } from "../output.ts";
import type { Column } from "../table.ts";
import { formatSize } from "../values.ts";

const columns: readonly Column<Schemas["Volume"]>[] = [
  { title: "NAME", cell: ({ name }) => name },
  { title: "POOL", cell: ({ pool }) => pool },
  { title: "SIZE", cell: ({ size }) => formatSize(size), align: "right" },
  { title: "USED", cell: ({ used }) => formatSize(used), align: "right" },
  { title: "FORMAT", cell: ({ format }) => format },
  {
    title: "GUEST",
    cell: ({ guestName, disk, own }) =>
      guestName === undefined ? "–" : own ? guestName : `${guestName} (${disk})`,
  },
];

export const ls = command({
  operands: [],
  options: listOptions,
  about: `Disks that guests were made with are volumes too, named GUEST:DISK, and go with their guest. USED is what has been
    written to one itself; what it stands on others may stand on too.`,
  examples: [["lodge volume ls", "volumes, and whose they are"]],
  async run({ options }, { client, terminal }) {
    await printList(terminal, await client.spread("volumeList"), options, {
      columns,
      name: ({ name }) => name,
      empty: "There are no volumes. 'lodge volume create' makes one.",
    });
  },
});
