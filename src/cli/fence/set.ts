import { LodgeError } from "#contract/errors";
import { command, parsed } from "../command.ts";
import { parseCount } from "../values.ts";

export const set = command({
  operands: [{ name: "HOST" }],
  trailing: "COMMAND",
  options: {
    timeout: parsed("SECONDS", "How long the command may take (default 30).", parseCount(1, 300)),
  },
  about: `COMMAND is run as root, on whichever host takes over, when HOST is lost and had highly available guests in a pool that
    several hosts share. It succeeds (exit code 0) once HOST is surely off, and fails otherwise: what is said here is believed.
    Its program has to be on each host at the same path. LODGE_HOST in its environment is the lost host's name.`,
  examples: [
    [
      "lodge fence set node2 -- /usr/local/sbin/power-off 10.0.9.2",
      "a script of yours for its management board",
    ],
    [
      "lodge fence set node2 --timeout 60 -- /usr/bin/ipmitool -H 10.0.9.2 -f /etc/lodge/bmc chassis power off",
      "or a program that needs no script, where its success says enough",
    ],
  ],
  async run({ operands, options: { timeout }, trailing }, { client, terminal, name }) {
    const [host = ""] = operands;
    if (trailing.length === 0)
      throw new LodgeError("api.usage", { reason: "COMMAND is missing", command: name });
    const body = { host, command: [...trailing], ...(timeout === undefined ? {} : { timeout }) };
    const fence = await client.call("fenceCreate", { body });
    terminal.print(`${fence.name} is switched off by: ${fence.command.join(" ")}`);
  },
});
