import { LodgeError } from "#contract/errors";
import { command, many } from "../command.ts";

const asIs = (value: string): string => value;

export const attach = command({
  operands: [{ name: "GROUP", complete: "firewall" }],
  options: {
    guest: many("NAME", "A guest of the group's project.", asIs, { complete: "guest" }),
    network: many("NAME", "A network: all its guests, also later ones.", asIs, { complete: "network" }),
  },
  about:
    "A guest that groups are attached to is reached by what their rules allow, and by answers to what it began.",
  examples: [
    ["lodge firewall attach web --guest shop-1 --guest shop-2", "for two guests"],
    ["lodge firewall attach base --network default", "for all guests of a network"],
  ],
  async run({ operands, options }, { client, terminal, name: command }) {
    const [firewall = ""] = operands;
    const { guest = [], network = [] } = options;
    if (guest.length + network.length === 0)
      throw new LodgeError("api.usage", { reason: "A --guest or --network has to be there", command });
    const body = { guests: [...guest], networks: [...network] };
    const { name, guests, networks } = await client.call("firewallAttach", { params: { firewall }, body });
    const users = [...guests, ...networks.map((one) => `all of network ${one}`)];
    terminal.print(`${name} holds for ${users.join(", ") || "nobody"}`);
  },
});
