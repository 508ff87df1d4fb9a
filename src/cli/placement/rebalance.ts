import { command } from "../command.ts";
import { formatOption, printData } from "../output.ts";
import { table } from "../table.ts";

const percent = (part: number): string => `${(part * 100).toFixed(1)} %`;

export const rebalance = command({
  operands: [],
  options: formatOption,
  about: `Shows the plan, and moves nothing: guests that are where they may not be by now, then by policy ('lodge placement show') guests
    of the fullest hosts, or all of hosts that can be emptied. No move makes the hosts more uneven, or its guest worse off.`,
  examples: [["lodge placement rebalance", "which guests would move where, and why"]],
  async run({ options }, { client, terminal }) {
    const plan = await client.call("placementRebalance");
    if (options.format === "json" || options.format === "yaml")
      return printData(terminal, plan, options.format);
    if (plan.moves.length === 0) return terminal.note("No guest has to move.");
    const header = (text: string) => terminal.paint("dim", text);
    const lines = table(
      plan.moves,
      [
        { title: "GUEST", cell: ({ name }) => name },
        { title: "FROM", cell: ({ from }) => from },
        { title: "TO", cell: ({ to }) => to },
        { title: "HOW", cell: ({ how }) => how },
        { title: "WHY", cell: ({ why }) => why },
      ],
      { columns: terminal.columns, header },
    );
    terminal.print(lines.join("\n"));
    terminal.note(`The hosts' loads are ${percent(plan.before)} apart, and would be ${percent(plan.after)}.`);
  },
});
