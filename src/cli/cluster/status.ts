import type { Schemas } from "#contract/schemas";
import { command } from "../command.ts";
import { exitCode } from "../exit-code.ts";
import { formatOption, printData } from "../output.ts";

type Status = Schemas["ClusterStatus"];

const colour = { alone: "dim", well: "green", weakened: "yellow", stopped: "red" } as const;
const title: Readonly<Record<Status["state"], string>> = {
  alone: "no cluster",
  well: "well",
  weakened: "works, and something does not",
  stopped: "nothing can be changed",
};

export const status = command({
  operands: [],
  options: formatOption,
  about: `Says in plain words how the cluster is, and what to do where something is to be done. Ends with 1 where nothing can be changed.`,
  examples: [["lodge cluster status", "how the cluster is"]],
  async run({ options }, { client, terminal }) {
    const found = await client.call("clusterGet");
    if (options.format === "json" || options.format === "yaml")
      await printData(terminal, found, options.format);
    else {
      terminal.print(terminal.paint(colour[found.state], title[found.state]));
      for (const line of found.says) terminal.print(line);
      for (const line of found.advice) terminal.print(`→ ${line}`);
    }
    return found.state === "stopped" ? exitCode.failure : exitCode.ok;
  },
});
