import type { Schemas } from "#contract/schemas";
import { LodgeError } from "#contract/errors";
import { command } from "../command.ts";
import { leftToItself } from "../disk/left-to-itself.ts";
import { follow, waitOption } from "../operation/follow.ts";
import { parseNic } from "./wish.ts";

function wishOperand(given: string): Schemas["NicAdd"] {
  try {
    return parseNic(given);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new LodgeError("api.invalid", { field: "NETWORK", reason: error.message });
  }
}

export const add = command({
  operands: [
    { name: "GUEST", complete: "guest" },
    { name: "NETWORK", complete: "network" },
  ],
  options: waitOption,
  about: `NETWORK is the name of a network, or more: NETWORK,ip=ADDRESS,mac=MAC,mtu=BYTES,vlan=TAG, of which each may be
    left out. A guest that runs sees the card at once; one that asks for addresses by DHCP has it up a moment later.
    While a guest runs, four cards besides its first can come and go.`,
  examples: [
    ["lodge nic add web backend", "one more card, while the guest runs"],
    ["lodge nic add web backend,ip=10.77.3.9", "with this address"],
  ],
  async run({ operands, options }, context) {
    const [guest = "", given = ""] = operands;
    const body = wishOperand(given);
    const operation = await context.client.call("nicAdd", { params: { guest }, body });
    if (options.wait === false) return leftToItself(context, operation);
    const { result } = await follow(context, operation, `${guest}: adding a network card`);
    const { nic, guest: shown } = result as { guest: Schemas["Guest"]; nic: string };
    const made = shown.nics.find(({ id }) => id === nic);
    const where = [made?.address, made?.address6].filter(Boolean).join(", ");
    context.terminal.print(
      `${guest} has one more network card: ${nic} in ${body.network}${where === "" ? "" : `, ${where}`}`,
    );
  },
});
