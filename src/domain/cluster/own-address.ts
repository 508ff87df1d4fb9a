/** At which address of this host other hosts are to find it, and as what. */
import { createServer } from "node:net";
import { networkInterfaces } from "node:os";
import { LodgeError } from "#contract/errors";
import { formatDoor, parseDoor, usualPort } from "./door-address.ts";

/** This host's addresses for others; not those of networks that Lodge made, whose bridges begin with this. */
function ownAddresses(tag: string): string[] {
  return Object.entries(networkInterfaces())
    .filter(([name]) => !name.startsWith(`ldg${tag}`))
    .flatMap(([, found]) => found ?? [])
    .filter(({ internal, address }) => !internal && !address.startsWith("fe80:"))
    .map(({ address }) => address);
}

/**
 * "HOST:PORT": what was asked for, else this host's only IPv4 address. It and the two ports that etcd needs are free.
 * @throws LodgeError cluster.address_needed, cluster.address_refused
 */
export async function chooseAddress(asked: string | undefined, tag: string): Promise<string> {
  const address = formatDoor(asked === undefined ? only(ownAddresses(tag)) : parseDoor(asked));
  const { host, port } = parseDoor(address);
  for (const each of [port, port + 1, port + 2]) await requireFree(address, host, each);
  return address;
}

/** The visitors' door: the next three after the peer door's are etcd's, and a place between. */
const visitorsPort = usualPort + 3;

/**
 * "HOST:PORT" at which hosts from outside find this one: what was asked for, else its address in its cluster, else its only IPv4 address.
 * @throws LodgeError cluster.address_needed, cluster.address_refused
 */
export function visitorsAddress(
  asked: string | undefined,
  { tag, member }: { readonly tag: string; readonly member: string | undefined },
): string {
  if (asked !== undefined) return formatDoor(parseDoor(asked, visitorsPort));
  const host = member === undefined ? only(ownAddresses(tag)).host : parseDoor(member).host;
  return formatDoor({ host, port: visitorsPort });
}

/** A name for the host that is called this, as far as that is one. */
export function nameAfter(hostname: string): string {
  const [first = ""] = hostname.toLowerCase().split(".");
  const plain = first.replace(/[^a-z0-9-]/g, "").replace(/^[^a-z]+|-+$/g, "");
  return plain.slice(0, 63) || "host";
}

function only(addresses: readonly string[]) {
  const four = addresses.filter((address) => !address.includes(":"));
  const [host, ...others] = four.length > 0 ? four : addresses;
  if (host !== undefined && others.length === 0) return { host, port: usualPort };
  throw new LodgeError("cluster.address_needed", { found: addresses.join(", ") || "none" });
}

function requireFree(address: string, host: string, port: number): Promise<void> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const reason =
        error.code === "EADDRINUSE"
          ? `something listens at port ${port} already`
          : `this host does not have it (${error.code})`;
      reject(new LodgeError("cluster.address_refused", { address, reason }, { cause: error }));
    });
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve()));
  });
}
