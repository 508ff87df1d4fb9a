import type { PlannedRebalance } from "#contract/schema/placement";
import { command } from "../command.ts";
import { exitCode } from "../exit-code.ts";
import { formatOption, printData } from "../output.ts";
import { table } from "../table.ts";

type Move = PlannedRebalance["moves"][number];

export const planned = command({
  operands: [],
  options: formatOption,
  about: `What 'lodge placement set --rebalance plan' or 'apply' has the cluster plan every ten minutes, and how far its moves are.`,
  examples: [["lodge placement planned", "which guests the policy moves"]],
  async run({ options }, { client, terminal }) {
    const found = await client.call("placementPlanned");
    const { at, by, moves } = found;
    if (options.format === "json" || options.format === "yaml") {
      await printData(terminal, found, options.format);
      return exitCode.ok;
    }
    if (at === undefined)
      terminal.note("No plan was made yet: 'lodge placement set --rebalance plan' has one made.");
    else if (moves.length === 0) terminal.note(`No guest has to move, by ${by} at ${at}.`);
    else {
      const header = (text: string) => terminal.paint("dim", text);
      const columns = [
        { title: "GUEST", cell: ({ name }: Move) => name },
        { title: "FROM", cell: ({ from }: Move) => from },
        { title: "TO", cell: ({ to }: Move) => to },
        { title: "STATE", cell: ({ state }: Move) => state },
        { title: "WHY", cell: ({ why }: Move) => why },
      ];
      terminal.note(`Planned by ${by} at ${at}.`);
      terminal.print(table(moves, columns, { columns: terminal.columns, header }).join("\n"));
    }
    return exitCode.ok;
  },
});
