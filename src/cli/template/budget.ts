import type { Schemas } from "#contract/schemas";
import { command, parsed } from "../command.ts";
import { formatOption, printItem } from "../output.ts";
import { formatSize, parseSize } from "../values.ts";

/** "default" takes the owner's word back. */
const limit = (given: string): number | null => (given === "default" ? null : parseSize(given));

type Share = Schemas["TemplateBudget"]["memory"];

const share = ({ limit: bytes, taken, chosen }: Share, byDefault: string): string =>
  `${formatSize(taken)} taken of ${formatSize(bytes)}${chosen ? "" : `, ${byDefault}`}`;

export const budget = command({
  operands: [],
  options: {
    memory: parsed("SIZE", "Memory of the host that parked templates may take, or 'default'.", limit),
    disk: parsed("SIZE", "What they may take of its disk, or 'default'.", limit),
    ...formatOption,
  },
  about: `Those that were not forked from for longest make room: of memory first, which a fork reads back from disk;
    what guests use stays and counts until the last of them is gone. Without options, shows what is set.`,
  examples: [
    ["lodge template budget", "what templates may take, and what they take"],
    ["lodge template budget --memory 4G --disk 20G", "give them so much"],
    ["lodge template budget --memory default", "what the host's size says"],
  ],
  async run({ options }, { client, terminal }) {
    const { memory, disk, format } = options;
    const asked = memory !== undefined || disk !== undefined;
    const body = { ...(memory === undefined ? {} : { memory }), ...(disk === undefined ? {} : { disk }) };
    const shown = asked
      ? await client.call("templateBudgetUpdate", { body })
      : await client.call("templateBudgetGet");
    await printItem(terminal, shown, format, (now) => [
      ["memory", share(now.memory, "a quarter of the host's")],
      ["disk", share(now.disk, "a tenth of the file system, 2 GiB at least")],
    ]);
  },
});
