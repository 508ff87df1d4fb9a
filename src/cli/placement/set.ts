import { LodgeError } from "#contract/errors";
import type { Schemas } from "#contract/schemas";
import { choice, command, parsed } from "../command.ts";
import { formatOption, printItem } from "../output.ts";
import { parseCount } from "../values.ts";
import { settingRows } from "./show.ts";

/** "10" or "10%": a part of the load. */
function parseTolerance(given: string): number | null {
  if (given === "default") return null;
  const match = /^(\d{1,3})\s*%?$/.exec(given);
  if (!match || Number(match[1]) > 100)
    throw new RangeError(`'${given}' is not a part; write 10%, or 'default'`);
  return Number(match[1]) / 100;
}

/** "any": null. */
function parseHours(given: string): string | null {
  if (given === "any" || given === "default") return null;
  if (!/^\d{1,2}-\d{1,2}$/.test(given)) throw new RangeError(`'${given}' are no hours; write 22-6, or 'any'`);
  return given;
}

const orDefault = (least: number, most: number) => (given: string) =>
  given === "default" ? null : parseCount(least, most)(given);

export const set = command({
  operands: [],
  options: {
    policy: choice(
      ["balance", "pack", "default"],
      "balance: guests go where most room is; pack: where least is, so that hosts stay empty.",
    ),
    tolerance: parsed(
      "PERCENT",
      "Hosts whose load is within this of the mean are left alone by a rebalance (default 10%).",
      parseTolerance,
    ),
    "most-moves": parsed("N", "Moves of one rebalance at most (default 20).", orDefault(1, 1000)),
    reserve: parsed(
      "N",
      "Keep room for the highly available guests of so many hosts that fail at once (default 0: keep none).",
      orDefault(0, 4),
    ),
    rebalance: choice(
      ["off", "plan", "apply", "default"],
      "Every ten minutes: off: nothing (the default); plan: keep a plan for 'lodge placement planned'; apply: make its moves.",
    ),
    hours: parsed("FROM-TO", "When its moves are made, such as 22-6 (default 'any').", parseHours),
    pause: parsed("SECONDS", "Between two of its moves (default 60).", orDefault(0, 3600)),
    ...formatOption,
  },
  about:
    "What a guest itself says ('lodge run --place pack') goes before the policy. 'default' takes a word back.",
  examples: [
    ["lodge placement set --policy pack", "fill one host after another"],
    ["lodge placement set --reserve 1", "whichever host fails, its highly available guests find a place"],
    ["lodge placement set --rebalance apply --hours 22-6", "spread guests anew, at night"],
    ["lodge placement set --tolerance 5% --most-moves 50", "rebalance more, and in larger steps"],
  ],
  async run({ options }, { client, terminal, name }) {
    const { policy, tolerance, "most-moves": mostMoves, reserve, format } = options;
    const { rebalance, hours, pause } = options;
    const body: Schemas["PlacementSettingsUpdate"] = {
      ...(policy === undefined ? {} : { policy: policy === "default" ? null : policy }),
      ...(tolerance === undefined ? {} : { tolerance }),
      ...(mostMoves === undefined ? {} : { mostMoves }),
      ...(reserve === undefined ? {} : { reserve }),
      ...(rebalance === undefined ? {} : { rebalance: rebalance === "default" ? null : rebalance }),
      ...(hours === undefined ? {} : { rebalanceHours: hours }),
      ...(pause === undefined ? {} : { rebalancePause: pause }),
    };
    if (Object.keys(body).length === 0)
      throw new LodgeError("api.usage", { reason: "Nothing to change was given", command: name });
    await printItem(terminal, await client.call("placementUpdate", { body }), format, settingRows);
  },
});
