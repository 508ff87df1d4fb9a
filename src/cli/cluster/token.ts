import { command, parsed } from "../command.ts";
import { formatOption, printData } from "../output.ts";
import { admissionSeconds } from "../token/lifetime.ts";
import { formatLeft } from "../values.ts";

export const token = command({
  operands: [],
  options: {
    for: parsed("TIME", "How long it is good for: 45m, 12h (default 1h).", admissionSeconds),
    ...formatOption,
  },
  about: `Prints the line to type on a host that is to join. The token in it lets one host in, once, and gives it all that this cluster
    knows: send it only where you would send a password. It also says by which certificate the cluster is known, so that
    nobody in between is taken for it.`,
  examples: [
    ["lodge cluster token", "for the next host"],
    ["lodge cluster token --for 12h", "for one that is set up later today"],
  ],
  async run({ options }, { client, terminal }) {
    const body = options.for === undefined ? {} : { seconds: options.for };
    const made = await client.call("clusterToken", { body });
    if (options.format === "json" || options.format === "yaml")
      return printData(terminal, made, options.format);
    terminal.print(`lodge cluster join ${made.token}`);
    terminal.note(`For one host, within ${formatLeft(made.expiresAt, Date.now())}.`);
  },
});
