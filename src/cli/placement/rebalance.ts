import type { RebalancePlan } from "#contract/schema/placement";
import { command, flag } from "../command.ts";
import type { Context } from "../context.ts";
import { attempt } from "../each.ts";
import { exitCode } from "../exit-code.ts";
import { follow } from "../operation/follow.ts";
import { formatOption, printData } from "../output.ts";
import { table } from "../table.ts";

const percent = (part: number): string => `${(part * 100).toFixed(1)} %`;

export const rebalance = command({
  operands: [],
  options: {
    move: flag("Make the moves, one after another."),
    ...formatOption,
  },
  about: `Shows the plan, and moves nothing without --move: guests that are where they may not be by now, then by policy ('lodge placement show') guests
    of the fullest hosts, or all of hosts that can be emptied. No move makes the hosts more uneven, or its guest worse off.`,
  examples: [
    ["lodge placement rebalance", "which guests would move where, and why"],
    ["lodge placement rebalance --move", "and have them move"],
  ],
  async run({ options }, context) {
    const { client, terminal } = context;
    const plan = await client.call("placementRebalance");
    if (options.format === "json" || options.format === "yaml")
      await printData(terminal, plan, options.format);
    else print(context, plan);
    if (!options.move) return exitCode.ok;
    // One that fails stays where it is, and the others are no worse off for that.
    let code: number = exitCode.ok;
    for (const { guest, name, to } of plan.moves) {
      const ended = await attempt(context, { name, alone: plan.moves.length === 1 }, async () => {
        const operation = await client.call("guestMove", { params: { guest }, body: { to } });
        await follow(context, operation, `${name}: moving`);
        terminal.note(`${name} is on ${to}`);
      });
      if (code === exitCode.ok) code = ended;
    }
    return code;
  },
});

function print({ terminal }: Context, plan: RebalancePlan): void {
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
}
