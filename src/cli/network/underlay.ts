import { LodgeError } from "#contract/errors";
import type { Schemas } from "#contract/schemas";
import { command } from "../command.ts";
import { formatOption, printItem } from "../output.ts";

const kinds = ["trusted", "wireguard", "none"] as const;

const hostLine = ({ name, address, mtu, wireguard }: Schemas["Underlay"]["hosts"][number]): string =>
  [name, address ?? "has not said its address", mtu && `MTU ${mtu}`, wireguard ? "WireGuard" : undefined]
    .filter(Boolean)
    .join("  ");

export const underlay = command({
  operands: [{ name: "KIND", optional: true, complete: kinds }],
  options: formatOption,
  about: `Networks span the hosts of a cluster once it is said what lies between these:
  trusted    nobody sends or listens there who may not see all guests' traffic
  wireguard  what hosts say to each other is encrypted; each needs wireguard-tools and the kernel's module
  none       networks are each host's own: guests on different hosts do not reach each other`,
  examples: [
    ["lodge network underlay", "what was said, and how each host is reached"],
    ["lodge network underlay trusted", "guests on all hosts reach each other from now on"],
  ],
  async run({ operands, options }, { client, terminal, name: command }) {
    const [said] = operands;
    const kind = kinds.find((one) => one === said);
    if (said !== undefined && kind === undefined)
      throw new LodgeError("api.usage", { reason: `'${said}' is no kind of underlay`, command });
    const found =
      kind === undefined
        ? await client.call("networkUnderlay")
        : await client.call("networkUnderlaySet", { body: { kind } });
    await printItem(terminal, found, options.format, (shown) => [
      ["underlay", shown.kind],
      ["mtu between hosts", shown.mtu === undefined ? undefined : String(shown.mtu)],
      ["hosts", shown.hosts.map(hostLine).join("\n") || "this one alone"],
    ]);
  },
});
