import type { PlacementSettings } from "#contract/schema/placement";
import { command } from "../command.ts";
import { formatOption, printItem } from "../output.ts";

export const settingRows = ({ policy, tolerance, mostMoves, reserve }: PlacementSettings) =>
  [
    ["policy", policy],
    ["tolerance", `${Math.round(tolerance * 100)} % of load`],
    ["most moves", String(mostMoves)],
    ["reserve", reserve === 1 ? "1 host may fail" : `${reserve} hosts may fail`],
  ] as const;

export const show = command({
  operands: [],
  options: formatOption,
  examples: [["lodge placement show", "by what policy guests are placed and spread"]],
  async run({ options }, { client, terminal }) {
    await printItem(terminal, await client.call("placementSettings"), options.format, settingRows);
  },
});
