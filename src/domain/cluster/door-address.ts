/** Where a host's peer door is: an IP address and a port, as "198.51.100.7:8470" or "[2001:db8::7]:8470". */
import { isIP } from "node:net";
import { LodgeError } from "#contract/errors";

export interface DoorAddress {
  readonly host: string;
  readonly port: number;
}

/** The next two are etcd's. */
export const usualPort = 8470;

/** The port may be left out. @throws LodgeError cluster.address_refused */
export function parseDoor(text: string, usual = usualPort): DoorAddress {
  const bare = isIP(text) === 0 ? undefined : { host: text, port: usual };
  const [, six, four, port] = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const found = bare ?? { host: six ?? four ?? "", port: port === undefined ? usual : Number(port) };
  if (isIP(found.host) === 0) throw refused(text, "it is no IP address, with or without a port");
  if (/^[0.]+$|^[0:]+$/.test(found.host))
    throw refused(text, "other hosts have to find this one there, and everywhere is nowhere");
  if (found.port < 1 || found.port > 65_533)
    throw refused(text, "it and the next two ports are needed, up to 65535");
  return found;
}

export const formatDoor = ({ host, port }: DoorAddress): string =>
  host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;

const refused = (address: string, reason: string) =>
  new LodgeError("cluster.address_refused", { address, reason });
