import { command, parsed } from "../command.ts";
import { lifetime } from "../token/lifetime.ts";

/** @throws RangeError */
function ending(given: string): number {
  const seconds = lifetime(given);
  if (seconds === null) throw new RangeError("the old secret has to end some day");
  return seconds;
}

export const rotate = command({
  operands: [{ name: "WEBHOOK", complete: "webhook" }],
  options: {
    overlap: parsed(
      "TIME",
      "How long the old secret signs as well: 30m, 12h, or 'none' (default 1d).",
      (given) => (given === "none" ? 0 : ending(given)),
    ),
  },
  about: `Prints a new secret, which is shown this once. Until the old one ends, messages carry both signatures: whoever verifies
    with either takes them.`,
  examples: [
    ["lodge webhook rotate ci", "give the receiver the new secret within a day"],
    ["lodge webhook rotate ci --overlap none", "the old secret has leaked"],
  ],
  async run({ operands, options }, { client, terminal }) {
    const [webhook = ""] = operands;
    const body = options.overlap === undefined ? {} : { overlap: options.overlap };
    const { secret } = await client.call("webhookRotate", { params: { webhook }, body });
    terminal.print(secret);
  },
});
