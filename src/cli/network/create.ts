import { choice, command, flag, parsed, text } from "../command.ts";
import { parseCount } from "../values.ts";
import { settingOptions, settingsOf } from "./options.ts";

export const create = command({
  operands: [{ name: "NAME" }],
  options: {
    kind: choice(["nat", "isolated", "routed", "bridge", "user"], "What it leads to (default nat)."),
    subnet: text("SUBNET", "IPv4 addresses of it, such as 10.77.3.0/24 (default: one that is free)."),
    subnet6: text("SUBNET", "A /64 of IPv6 addresses (default: one of its own; of a bridge none)."),
    ipv6: flag("IPv6 in it (default). --no-ipv6: none."),
    uplink: text("DEVICE", "Of a bridge: the network card or bridge of this computer that it is joined to."),
    vlan: parsed("TAG", "Of a bridge: the VLAN of the uplink that it is.", parseCount(1, 4094)),
    gateway: text("ADDRESS", "Of a bridge with a subnet: whom guests send through."),
    dhcp: flag(
      "Of a bridge with a subnet: Lodge answers DHCP and DNS (default). --no-dhcp: somebody else does.",
    ),
    ...settingOptions,
  },
  about: `nat: guests reach everything in this computer's name, and are reached by published ports. isolated: they reach
    each other, and DHCP and names here. routed: as nat, but by their own addresses; a router outside has to know the
    way to the subnet. bridge: they are at a network card of this computer's like machines of their own. user: each by
    itself; it needs no privilege.`,
  examples: [
    ["lodge network create backend --kind isolated", "guests among themselves"],
    ["lodge network create dmz --kind routed --subnet 192.0.2.0/26", "addresses that your router leads here"],
    ["lodge network create office --kind bridge --uplink eth1 --vlan 30", "in the office's VLAN"],
  ],
  async run({ operands, options }, { client, terminal }) {
    const [name = ""] = operands;
    const { kind, subnet, subnet6, ipv6, uplink, vlan, gateway, dhcp } = options;
    const made = await client.call("networkCreate", {
      body: {
        name,
        ...(kind === undefined ? {} : { kind }),
        ...(subnet === undefined ? {} : { subnet }),
        ...(subnet6 === undefined ? {} : { subnet6 }),
        ...(ipv6 === undefined ? {} : { ipv6 }),
        ...(uplink === undefined ? {} : { uplink }),
        ...(vlan === undefined ? {} : { vlan }),
        ...(gateway === undefined ? {} : { gateway }),
        ...(dhcp === undefined ? {} : { dhcp }),
        ...settingsOf(options),
      },
    });
    const where = [made.subnet, made.subnet6].filter(Boolean).join(", ");
    terminal.print(`network ${name} is made${where === "" ? "" : `: ${where}`}`);
  },
});
