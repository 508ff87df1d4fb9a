import type { PlacementDecision } from "#contract/schema/placement";
import { LodgeError } from "#contract/errors";
import { command, flag } from "../command.ts";
import type { Context } from "../context.ts";
import { exitCode } from "../exit-code.ts";
import { newGuestBody, newGuestOptions } from "../guest/new-guest.ts";
import { formatOption, printData } from "../output.ts";
import { printable } from "../printable.ts";
import { table } from "../table.ts";

const two = (number: number): string => number.toFixed(2);

export const place = command({
  operands: [{ name: "IMAGE", optional: true, complete: "image" }],
  options: {
    ...newGuestOptions,
    explain: flag("Show what each host has for it, and what each lacks."),
    ...formatOption,
  },
  about: `Takes the options of 'lodge run' that say what the guest is to be, and makes nothing. Its exit code is 1 where no host can have
    it.

    A host's total is the sum of its scores: room (how empty it stays, or how full it gets), accelerator, affinity, antiAffinity, template
    (it is there, so the guest forks), siblings (forks that share its memory), image (it need not be copied).`,
  examples: [
    ["lodge place debian-13 --memory 8G --cpus 4", "which host would have it"],
    ["lodge place debian-13 --explain", "and why that one"],
    ["lodge place debian-13 --anti-affinity app=web,required --explain", "what a wish changes"],
  ],
  async run({ operands, options }, context) {
    const { client, terminal } = context;
    const body = await newGuestBody(operands[0], options, context.local);
    const decision = await client.call("placementExplain", { body });
    const { format, explain } = options;
    if (format === "json" || format === "yaml") await printData(terminal, decision, format);
    else if (explain) print(context, decision);
    else if (decision.name !== undefined) terminal.print(decision.name);
    else throw nowhere(decision);
    return decision.host === undefined ? exitCode.failure : exitCode.ok;
  },
});

function nowhere({ refusals }: PlacementDecision): LodgeError {
  const reasons = refusals.slice(0, 5).map(({ name, reasons: all }) => `${name} ${all[0]?.reason}`);
  return new LodgeError("placement.no_host", {
    guest: "a guest like this",
    reasons: reasons.join("; ") || "there is none",
    fix: refusals[0]?.reasons[0]?.fix ?? "",
  });
}

function print({ terminal }: Context, { name, policy, ranking, refusals }: PlacementDecision): void {
  const dim = (text: string) => terminal.paint("dim", text);
  const style = { columns: terminal.columns, header: dim };
  terminal.print(
    name === undefined ? "No host can have it." : `It goes to ${printable(name)} (policy: ${policy}).`,
  );
  const scores = ranking[0]?.scores.map(({ score }) => score) ?? [];
  const shareOf = (one: (typeof ranking)[number], score: string) =>
    one.scores.find((each) => each.score === score)?.share ?? 0;
  if (ranking.length > 0) {
    const columns = [
      { title: "HOST", cell: (one: (typeof ranking)[number]) => one.name },
      { title: "TOTAL", align: "right" as const, cell: (one: (typeof ranking)[number]) => two(one.total) },
      ...scores.map((score) => ({
        title: score.toUpperCase(),
        align: "right" as const,
        cell: (one: (typeof ranking)[number]) => two(shareOf(one, score)),
      })),
    ];
    terminal.print(["", ...table(ranking, columns, style)].join("\n"));
    const why = ranking[0]!.scores.map(({ score, weight, value, why: words }) => ({
      score,
      sum: `${two(weight)} × ${two(value)}`,
      words,
    }));
    const reasons = table(
      why,
      [
        { title: `WHY ${ranking[0]!.name}`, cell: ({ score }) => score },
        { title: "WEIGHT × VALUE", align: "right", cell: ({ sum }) => sum },
        { title: "", cell: ({ words }) => words },
      ],
      style,
    );
    terminal.print(["", ...reasons].join("\n"));
  }
  const lines = refusals.flatMap(({ name: host, reasons }) =>
    reasons.map(({ reason, fix }, at) => ({ host: at === 0 ? host : "", reason, fix })),
  );
  if (lines.length === 0) return;
  const refused = table(
    lines,
    [
      { title: "CANNOT", cell: ({ host }) => host },
      { title: "BECAUSE IT", cell: ({ reason }) => reason },
      { title: "WHAT WOULD HELP", cell: ({ fix }) => fix },
    ],
    style,
  );
  terminal.print(["", ...refused].join("\n"));
}
