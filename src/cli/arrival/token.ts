import { command, parsed, text } from "../command.ts";
import { formatOption, printData } from "../output.ts";
import { admissionSeconds } from "../token/lifetime.ts";
import { formatLeft } from "../values.ts";

export const token = command({
  operands: [],
  options: {
    for: parsed("TIME", "Within which a guest may begin to come: 45m, 12h (default 1h).", admissionSeconds),
    address: text("ADDRESS", "At which the other host finds this one, with or without a port (8473)."),
    ...formatOption,
  },
  about: `For one guest, which comes to this host from a host that is not in its cluster. Whoever shows the token first may look whether
    his guest can come, bring that one, and nothing else. As long as it may still be used this host listens at that address, by TLS
    with a certificate of its own that the token names, so that nobody in between is taken for it.`,
  examples: [
    ["lodge arrival token", "then 'lodge move web --token TOKEN' where the guest is"],
    ["lodge arrival token --address 203.0.113.7", "where this host has several addresses"],
  ],
  async run({ options }, { client, terminal }) {
    const { for: lasts, address } = options;
    const body = {
      ...(lasts === undefined ? {} : { seconds: lasts }),
      ...(address === undefined ? {} : { address }),
    };
    const made = await client.call("arrivalToken", { body });
    if (options.format === "json" || options.format === "yaml")
      return printData(terminal, made, options.format);
    terminal.print(made.token);
    terminal.note(
      `For one guest, within ${formatLeft(made.expiresAt, Date.now())}: 'lodge move GUEST --token' and this, on the host that has it.`,
    );
  },
});
