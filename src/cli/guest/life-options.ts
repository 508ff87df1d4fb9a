/** Options for what becomes of a guest when this computer shuts down and starts, or its host in a cluster dies. */
import { choice, parsed } from "../command.ts";
import { parseCount } from "../values.ts";

export const startOrderOption = parsed(
  "N",
  "When it comes back after this computer's restart: lower numbers first (default 100).",
  parseCount(0, 9999),
);

/** Of a highly available guest that nothing else was said of. */
export const usualPriority = 100;

export const haPriorityOption = parsed(
  "N",
  "Of the guests of a host that died those with the highest come back first (0 to 9999, default 100).",
  parseCount(0, 9999),
);

export const onHostShutdownOption = choice(
  ["suspend", "stop"],
  "What this computer's shutdown does with it; it comes back afterwards (default suspend).",
);
