import type { Schemas } from "#contract/schemas";
import { command, flag } from "../command.ts";
import { exitCode } from "../exit-code.ts";
import { follow, waitOption } from "../operation/follow.ts";
import { leftToItself } from "../disk/left-to-itself.ts";
import { formatOption, printData } from "../output.ts";
import { printable } from "../printable.ts";
import { table } from "../table.ts";
import type { Terminal } from "../terminal.ts";

type Plan = Schemas["DrainPlan"];
type Stuck = Plan["stuck"][number];

export const drain = command({
  operands: [{ name: "HOST", optional: true, complete: "host" }],
  options: {
    check: flag("Only show where each guest would go, and which cannot."),
    partly: flag("Move those that can go, where others cannot: these stay."),
    ...waitOption,
    ...formatOption,
  },
  about: `The whole way out is planned before anything moves. Where a guest cannot go, nothing is moved and it is said why and what would
    let it. Guests that run do so throughout; the host takes no more from then on, until 'lodge host resume'. Without HOST it is the
    one that is asked.

    'lodge operation cancel' calls it off: what has moved stays where it went, and the host takes guests again.`,
  examples: [
    ["lodge host drain node2 --check", "where its guests would go"],
    ["lodge host drain node2", "before it is upgraded or switched off"],
    ["lodge host resume node2", "once it is back"],
  ],
  async run({ operands, options }, context) {
    const { client, terminal } = context;
    const [host] = operands;
    const there = host === undefined ? {} : { host };
    if (options.check) {
      const plan = await client.call("drainPlan", {}, there);
      if (options.format === "json" || options.format === "yaml")
        await printData(terminal, plan, options.format);
      else printPlan(terminal, plan);
      return plan.stuck.length > 0 ? exitCode.failure : exitCode.ok;
    }
    const body = options.partly ? { partly: true } : {};
    const operation = await client.call("drainStart", { body }, there);
    if (options.wait === false) {
      await leftToItself(context, operation);
      return exitCode.ok;
    }
    const { result } = await follow(context, operation, `emptying ${host ?? "this host"}`);
    const { stuck } = result as { readonly stuck: readonly Stuck[] };
    if (stuck.length === 0) terminal.print(`${host ?? "This host"} has no guests any more`);
    for (const one of stuck) terminal.note(words(one));
    return stuck.length > 0 ? exitCode.failure : exitCode.ok;
  },
});

const words = ({ name, reason, fix }: Stuck): string => printable(`${name} stays: ${reason}. ${fix}`);

function printPlan(terminal: Terminal, { moves, stuck }: Plan): void {
  if (moves.length === 0 && stuck.length === 0) return terminal.note("There is nothing on it.");
  if (moves.length > 0) {
    const columns = [
      { title: "GUEST", cell: ({ name }: Plan["moves"][number]) => name },
      { title: "TO", cell: ({ toName }: Plan["moves"][number]) => toName },
      {
        title: "HOW",
        cell: ({ how }: Plan["moves"][number]) => (how === "live" ? "while it runs" : "at rest"),
      },
      {
        title: "ROUND",
        cell: ({ round }: Plan["moves"][number]) => String(round + 1),
        align: "right" as const,
      },
    ];
    const header = (text: string) => terminal.paint("dim", text);
    terminal.print(table(moves, columns, { columns: terminal.columns, header }).join("\n"));
  }
  for (const one of stuck) terminal.note(words(one));
}
