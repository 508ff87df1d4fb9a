/** A network card as it is asked for in one word: "backend,ip=10.77.3.9,mtu=9000". */
import type { NicAdd } from "#contract/schema/network";
import { parseCount } from "../values.ts";

export const wishForm = "NETWORK[,ip=ADDRESS][,mac=MAC][,mtu=BYTES][,vlan=TAG]";

/** @throws RangeError */
export function parseNic(given: string): NicAdd {
  const [network = "", ...parts] = given.split(",");
  if (network === "" || network.includes("="))
    throw new RangeError(`'${given}' names no network; write ${wishForm}`);
  const wish: NicAdd = { network };
  for (const part of parts) {
    const [key = "", value = ""] = part.split("=", 2);
    if (key === "ip") wish.address = value;
    else if (key === "mac") wish.mac = value.toLowerCase();
    else if (key === "mtu") wish.mtu = parseCount(1280, 9216)(value);
    else if (key === "vlan") wish.vlan = parseCount(1, 4094)(value);
    else throw new RangeError(`'${part}' is not known; write ${wishForm}`);
  }
  return wish;
}

/** As the API takes them: a name alone is one. */
export const toWish = (wish: NicAdd): string | NicAdd =>
  Object.keys(wish).length === 1 ? wish.network : wish;
