import type { Schemas } from "#contract/schemas";
import { command, flag, parsed, text } from "../command.ts";
import { leftToItself } from "../disk/left-to-itself.ts";
import { exitCode } from "../exit-code.ts";
import { follow, waitOption } from "../operation/follow.ts";
import { printData, formatOption } from "../output.ts";
import { formatDuration, parseCount } from "../values.ts";

export const fork = command({
  operands: [{ name: "GUEST", complete: "guest" }],
  options: {
    count: parsed("N", "How many branches (default 1).", parseCount(1, 100), { short: "n" }),
    name: text("NAME", "What to call the branch; several are NAME-1, NAME-2, …"),
    "allow-tpm": flag("Also a guest with a TPM, whose secrets the branch then holds too."),
    quiet: flag("Print names alone.", { short: "q" }),
    ...waitOption,
    ...formatOption,
  },
  about: `A branch has the memory, the processes and the disks that its parent had at one moment, and goes its own
    way from there. The parent pauses for some milliseconds. Branches get a network identity of their own before
    they are heard on the network.

    A branch holds what its parent had in memory, passwords and keys among it.`,
  examples: [
    ["lodge fork web", "one branch"],
    ["lodge fork web --count 10 --name try", "ten: try-1 to try-10"],
  ],
  async run({ operands, options }, context) {
    const { client, terminal } = context;
    const [guest = ""] = operands;
    const { count, name, quiet, format } = options;
    const operation = await client.call("guestFork", {
      params: { guest },
      body: {
        ...(count === undefined ? {} : { count }),
        ...(name === undefined ? {} : { name }),
        ...(options["allow-tpm"] ? { allowTpm: true } : {}),
      },
    });
    if (options.wait === false) {
      const words = `${guest} is being forked; 'lodge operation wait ${operation.id}' waits for it.`;
      if (quiet) terminal.print(operation.id);
      else await leftToItself(context, operation, format, words);
      return exitCode.ok;
    }
    const ended = await follow(context, operation, `${guest}: forking`);
    const { guests, pause } = ended.result as { guests: readonly Schemas["Guest"][]; pause: number };
    if (quiet) for (const branch of guests) terminal.print(branch.name);
    else if (format === "json" || format === "yaml") await printData(terminal, guests, format);
    else {
      const took = formatDuration(Date.parse(ended.endedAt ?? "") - Date.parse(ended.startedAt));
      for (const branch of guests) {
        const address = branch.nics[0]?.address;
        terminal.print(
          `${branch.name} is up: a branch of ${guest}${address === undefined ? "" : `, ${address}`}`,
        );
      }
      terminal.note(
        terminal.paintNote("dim", `Forked in ${took}; ${guest} paused for ${Math.ceil(pause)} ms.`),
      );
    }
    return exitCode.ok;
  },
});
