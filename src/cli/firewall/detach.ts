import { LodgeError } from "#contract/errors";
import { command, many } from "../command.ts";

const asIs = (value: string): string => value;

export const detach = command({
  operands: [{ name: "GROUP", complete: "firewall" }],
  options: {
    guest: many("NAME", "A guest of the group's project.", asIs, { complete: "guest" }),
    network: many("NAME", "A network: all its guests, also later ones.", asIs, { complete: "network" }),
  },
  about: "Guests without any group are reached by all that their network allows.",
  examples: [["lodge firewall detach web --guest shop-1", "no longer for this guest"]],
  async run({ operands, options }, { client, terminal, name: command }) {
    const [firewall = ""] = operands;
    const { guest = [], network = [] } = options;
    if (guest.length + network.length === 0)
      throw new LodgeError("api.usage", { reason: "A --guest or --network has to be there", command });
    const body = { guests: [...guest], networks: [...network] };
    const { name, guests, networks } = await client.call("firewallDetach", { params: { firewall }, body });
    const users = [...guests, ...networks.map((one) => `all of network ${one}`)];
    terminal.print(`${name} holds for ${users.join(", ") || "nobody"}`);
  },
});
