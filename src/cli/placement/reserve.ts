import { command } from "../command.ts";
import { exitCode } from "../exit-code.ts";
import { formatOption, printData } from "../output.ts";
import { table } from "../table.ts";

export const reserve = command({
  operands: [],
  options: formatOption,
  about: `Tries each host, or each combination of as many as 'lodge placement show' names. Its exit code is 1 where a guest would find
    no place.`,
  examples: [["lodge placement reserve", "would all highly available guests come back?"]],
  async run({ options }, { client, terminal }) {
    const found = await client.call("placementReserve");
    const { holds, shortfalls, tried, all, failing, kept } = found;
    if (options.format === "json" || options.format === "yaml")
      await printData(terminal, found, options.format);
    else {
      const hosts = failing === 1 ? "any host fails" : `any ${failing} hosts fail`;
      const of = tried < all ? ` (tried with ${tried} of ${all} combinations)` : "";
      terminal.print(
        holds
          ? `All highly available guests find a place if ${hosts}${of}.`
          : `Not all highly available guests find a place if ${hosts}${of}.`,
      );
      if (!kept) terminal.print("No room is kept for that: 'lodge placement set --reserve 1' keeps it.");
      const rows = shortfalls.flatMap((one) =>
        one.guests.map(({ name, reason }) => ({ hosts: one.hosts.join(", "), name, reason })),
      );
      const header = (text: string) => terminal.paint("dim", text);
      const columns = [
        { title: "WITHOUT", cell: ({ hosts: failed }: (typeof rows)[number]) => failed },
        { title: "GUEST", cell: ({ name }: (typeof rows)[number]) => name },
        { title: "SINCE", cell: ({ reason }: (typeof rows)[number]) => reason },
      ];
      if (rows.length > 0)
        terminal.print(["", ...table(rows, columns, { columns: terminal.columns, header })].join("\n"));
    }
    return holds ? exitCode.ok : exitCode.failure;
  },
});
