import { LodgeError } from "#contract/errors";
import { command, parsed } from "../command.ts";
import { formatOption, printItem } from "../output.ts";
import { promiseRows } from "./promise-rows.ts";

/** "default" takes the owner's word back. */
function ratio(given: string): number | null {
  if (given === "default") return null;
  const number = Number(given);
  if (!/^\d+(\.\d+)?$/.test(given) || number < 0.001 || number > 10_000)
    throw new RangeError(`'${given}' is not a ratio; write 1, 1.5 or 4, or 'default'`);
  return number;
}

export const set = command({
  operands: [],
  options: {
    "overcommit-memory": parsed(
      "N",
      "So many times its memory may be promised to guests that run (default 4).",
      ratio,
    ),
    "overcommit-cpus": parsed("N", "So many virtual processors for each of its own (default 64).", ratio),
    "overcommit-disk": parsed(
      "N",
      "So many times its disk, which guests' disks may grow to (default 20).",
      ratio,
    ),
    ...formatOption,
  },
  about: `What is promised stays promised: a smaller ratio takes nothing from anybody, and lets nothing more in until
    there is room again.`,
  examples: [
    ["lodge host set --overcommit-memory 1", "promise no more memory than there is"],
    ["lodge host set --overcommit-cpus default", "back to the default"],
  ],
  async run({ options }, { client, terminal, name }) {
    const { "overcommit-memory": memory, "overcommit-cpus": cpus, "overcommit-disk": disk, format } = options;
    const overcommit = {
      ...(memory === undefined ? {} : { memory }),
      ...(cpus === undefined ? {} : { cpus }),
      ...(disk === undefined ? {} : { disk }),
    };
    if (Object.keys(overcommit).length === 0)
      throw new LodgeError("api.usage", { reason: "Nothing to change was given", command: name });
    const shown = await client.call("hostUpdate", { body: { overcommit } });
    await printItem(terminal, shown, format, promiseRows);
  },
});
