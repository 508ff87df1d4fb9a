/** Options for what becomes of a guest when this computer shuts down and starts. */
import { choice, parsed } from "../command.ts";
import { parseCount } from "../values.ts";

export const startOrderOption = parsed(
  "N",
  "When it comes back after this computer's restart: lower numbers first (default 100).",
  parseCount(0, 9999),
);

export const onHostShutdownOption = choice(
  ["suspend", "stop"],
  "What this computer's shutdown does with it; it comes back afterwards (default suspend).",
);
