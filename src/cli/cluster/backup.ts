import { resolve } from "node:path";
import { LodgeError } from "#contract/errors";
import { command } from "../command.ts";
import { formatOption, printData } from "../output.ts";
import { formatSize } from "../values.ts";

export const backup = command({
  operands: [{ name: "FILE", complete: "file" }],
  options: formatOption,
  about: `Writes all that the cluster knows to a file that is not there yet, for its owner alone: records of guests, networks and accounts, not what
    is on disks. Secrets in it are sealed; the key lies on each host, in cluster/secret.key of Lodge's home: keep a copy of
    that one in another place.`,
  examples: [["lodge cluster backup /srv/backup/cluster-monday", "as it is now"]],
  async run({ operands, options }, context) {
    const [file = ""] = operands;
    if (!context.local) {
      const reason = "the file is written on the host that is asked";
      throw new LodgeError("api.usage", { reason, command: context.name });
    }
    const made = await context.client.call("clusterBackup", { body: { path: resolve(file) } });
    if (options.format === "json" || options.format === "yaml")
      return printData(context.terminal, made, options.format);
    context.terminal.print(`${made.path} has all that the cluster knows: ${formatSize(made.size)}`);
  },
});
