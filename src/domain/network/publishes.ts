/** Ports of the host that lead to guests: where to, and whether one is free. */
import { LodgeError } from "#contract/errors";
import type { Publish } from "#contract/schema/guest";
import { mayAdministerNetwork } from "#hypervisor/net/capabilities";
import type { PublishedPort } from "#hypervisor/net/plan";
import { assertPortFree } from "#hypervisor/net/ports";
import type { Member } from "./member.ts";
import { idOf, networkId, publishes, type NetworkRecord } from "./record.ts";

/** Those that lead into a network: a guest's lead to its first card that can be reached so. */
export function publishedIn(
  id: string,
  members: readonly Member[],
  records: readonly NetworkRecord[],
): PublishedPort[] {
  const kinds = new Map(records.map((record) => [idOf(record), record.kind]));
  return members.flatMap(({ project, nics, publish }) => {
    if (publish.length === 0) return [];
    const nic = nics.find(
      ({ network, address }) => address !== undefined && publishes(kinds.get(networkId(project, network))),
    );
    if (nic?.address === undefined || networkId(project, nic.network) !== id) return [];
    const { address: guestAddress, address6 } = nic;
    const six = address6 === undefined ? {} : { guestAddress6: address6 };
    return publish.map((port) => ({ ...port, guestAddress, ...six }));
  });
}

/**
 * Ports that `owner` publishes already are its own.
 *
 * @throws LodgeError api.invalid for one that is named twice; network.port_in_use when something else has one.
 */
export async function requirePortsFree(
  members: readonly Member[],
  ports: readonly Publish[],
  owner?: string,
): Promise<void> {
  const named = new Set<string>();
  for (const { protocol, hostPort } of ports) {
    const port = `${hostPort}/${protocol}`;
    if (named.has(port))
      throw new LodgeError("api.invalid", { field: "publish", reason: `${port} is in it twice` });
    named.add(port);
    const holder = members.find(({ publish }) =>
      publish.some((other) => other.hostPort === hostPort && other.protocol === protocol),
    );
    // While it runs its rule or its QEMU has the port, so nobody could say that it is free.
    if (holder !== undefined && holder.id === owner) continue;
    if (holder) {
      throw new LodgeError("network.port_in_use", { port: hostPort, protocol, suggestion: hostPort + 1 });
    }
    await assertPortFree({ protocol, hostPort }, await mayAdministerNetwork());
  }
}
