import type { PlacementSettings } from "#contract/schema/placement";
import { command } from "../command.ts";
import { formatOption, printItem } from "../output.ts";

const rebalances = { off: "on demand", plan: "planned, and not made", apply: "by itself" } as const;

export const settingRows = ({
  policy,
  tolerance,
  mostMoves,
  reserve,
  rebalance,
  rebalanceHours,
  rebalancePause,
}: PlacementSettings) =>
  [
    ["policy", policy],
    ["tolerance", `${Math.round(tolerance * 100)} % of load`],
    ["most moves", String(mostMoves)],
    [
      "reserve",
      reserve === 0 ? "none" : reserve === 1 ? "for 1 host that fails" : `for ${reserve} hosts that fail`,
    ],
    ["rebalance", rebalances[rebalance]],
    ["its hours", rebalanceHours ?? "any"],
    ["its pause", `${rebalancePause} s between two moves`],
  ] as const;

export const show = command({
  operands: [],
  options: formatOption,
  examples: [["lodge placement show", "by what policy guests are placed and spread"]],
  async run({ options }, { client, terminal }) {
    await printItem(terminal, await client.call("placementSettings"), options.format, settingRows);
  },
});
