import { command } from "../command.ts";
import { listOptions, printList } from "../output.ts";
import { formatAge, formatDuration, formatSize } from "../values.ts";

export const ls = command({
  operands: [{ name: "GUEST", optional: true, complete: "guest" }],
  options: listOptions,
  examples: [
    ["lodge recording ls", "all of them, the newest first"],
    ["lodge recording ls web", "those of one guest"],
  ],
  async run({ operands, options }, { client, terminal }) {
    const [guest] = operands;
    const now = Date.now();
    const recordings = await client.call("recordingList", { query: guest === undefined ? {} : { guest } });
    await printList(terminal, recordings, options, {
      columns: [
        { title: "RECORDING", cell: ({ id }) => id },
        { title: "GUEST", cell: ({ guestName }) => guestName },
        { title: "STATE", cell: ({ state }) => state },
        { title: "BEGUN", cell: ({ startedAt }) => `${formatAge(startedAt, now)} ago`, align: "right" },
        { title: "LENGTH", cell: ({ seconds }) => formatDuration(seconds * 1000), align: "right" },
        { title: "SIZE", cell: ({ size }) => formatSize(size), align: "right" },
        { title: "BY", cell: ({ startedBy }) => startedBy },
      ],
      name: ({ id }) => id,
      empty: "There are no recordings. 'lodge recording start' makes one.",
    });
  },
});
