/** Whom a firewall group holds for, as it is told and shown. */
import { LodgeError } from "#contract/errors";
import type { Schemas } from "#contract/schemas";
import { many, type Values } from "../command.ts";

const asIs = (value: string): string => value;

export const userOptions = {
  guest: many("NAME", "A guest of the group's project.", asIs, { complete: "guest" }),
  network: many("NAME", "A network: all its guests, also later ones.", asIs, { complete: "network" }),
} as const;

/** @throws LodgeError api.usage where nobody is named */
export function usersOf(
  { guest = [], network = [] }: Partial<Values<typeof userOptions>>,
  command: string,
): { guests: string[]; networks: string[] } {
  if (guest.length + network.length === 0)
    throw new LodgeError("api.usage", { reason: "A --guest or --network has to be there", command });
  return { guests: [...guest], networks: [...network] };
}

/** "web holds for shop-1, all of network backend" */
export function holdsFor({ name, guests, networks }: Schemas["Firewall"]): string {
  const users = [...guests, ...networks.map((one) => `all of network ${one}`)];
  return `${name} holds for ${users.join(", ") || "nobody"}`;
}
