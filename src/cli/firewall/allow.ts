import { LodgeError } from "#contract/errors";
import { command, flag, many, text } from "../command.ts";
import { formatOption, printData } from "../output.ts";
import { ruleWords } from "./rows.ts";

const ports = (value: string): string[] => {
  const parts = value.split(",");
  if (!parts.every((part) => /^\d{1,5}(-\d{1,5})?$/.test(part)))
    throw new RangeError(`'${value}' are no ports; write 22, 80,443 or 8000-8100`);
  return parts;
};

export const allow = command({
  operands: [{ name: "GROUP", complete: "firewall" }],
  options: {
    from: text("WHO", "Who may reach the guests."),
    to: text("WHO", "Whom the guests may reach; with a first such rule they may reach nobody else."),
    tcp: many("PORTS", "Of TCP: 22, 80,443 or 8000-8100.", ports),
    udp: many("PORTS", "Of UDP.", ports),
    icmp: flag("Ping and its like."),
    log: flag("Write what it allows to the kernel's log."),
    note: text("TEXT", "What it is for."),
    ...formatOption,
  },
  about: `Adds a rule; it holds at once. WHO is any, an address or subnet, guest:NAME, group:NAME (the guests that another group is
    attached to), network:NAME or label:KEY=VALUE. Without ports and --icmp everything is allowed.`,
  examples: [
    ["lodge firewall allow web --from any --tcp 80,443", "everybody may reach what listens there"],
    ["lodge firewall allow db --from group:web --tcp 5432", "those that the group web is attached to"],
    ["lodge firewall allow db --to 10.0.0.0/8", "they reach nobody else from now on"],
  ],
  async run({ operands, options }, { client, terminal, name: command }) {
    const [firewall = ""] = operands;
    const { from, to, tcp = [], udp = [], icmp, log, note } = options;
    if ((from === undefined) === (to === undefined))
      throw new LodgeError("api.usage", { reason: "One of --from and --to has to be there", command });
    const common = {
      direction: from === undefined ? ("out" as const) : ("in" as const),
      peer: from ?? to ?? "any",
      ...(log ? { log } : {}),
      ...(note === undefined ? {} : { note }),
    };
    const kinds = [
      ...(tcp.length > 0 ? [{ protocol: "tcp" as const, ports: tcp.flat() }] : []),
      ...(udp.length > 0 ? [{ protocol: "udp" as const, ports: udp.flat() }] : []),
      ...(icmp ? [{ protocol: "icmp" as const }] : []),
    ];
    for (const kind of kinds.length > 0 ? kinds : [{}]) {
      const body = { ...common, ...kind };
      const changed = await client.call("firewallRuleAdd", { params: { firewall }, body });
      if (options.format === "json" || options.format === "yaml")
        await printData(terminal, changed, options.format);
      else terminal.print(`${changed.rules.at(-1)!.id}  ${ruleWords(changed.rules.at(-1)!)}`);
    }
  },
});
