/**
 * User-mode networks: a guest's NIC on a host where Lodge has no privilege. The guest is alone in its
 * network (10.0.2.0/24, itself .15, the gateway .2, DNS .3); it reaches the outside as the daemon's user
 * would, and is reached by published ports only.
 *
 * Decision: QEMU's own backend (slirp), not passt. It needs no process to supervise, works on a host
 * without a default route, and lives and dies with its QEMU. What spoke for passt was that it can close
 * the way to the host's loopback services; Debian 12's does so for its gateway's address only, and a guest
 * that sends to 127.0.0.1 over the wire reaches them with both (tried, frame by frame). So with either, a
 * guest that is not trusted with what listens on the host's 127.0.0.1 belongs in a NAT network.
 *
 * Its connections are a part of QEMU's migration stream: a state saved with this backend needs it again.
 * IPv4 only.
 */
import type { Publish } from "#contract/schema/guest";

export const userSubnet = "10.0.2.0/24";
export const userGateway = "10.0.2.2";
export const userDns = "10.0.2.3";
/** What the only guest there has. */
export const userAddress = "10.0.2.15";

export interface UserNetworkPlan {
  readonly publishes: readonly Publish[];
  /** Told to the guest by DHCP. */
  readonly hostname?: string;
}

/** The options of `-netdev user,id=…` after the id. */
export function userOptions({ publishes, hostname }: UserNetworkPlan): string {
  // With a comma it would be one more option: whoever lets such a name through has a bug.
  if (hostname !== undefined && !/^[A-Za-z0-9.-]+$/.test(hostname))
    throw new RangeError(`not a host name: ${hostname}`);
  return [
    "ipv6=off",
    `net=${userSubnet}`,
    `host=${userGateway}`,
    `dns=${userDns}`,
    `dhcpstart=${userAddress}`,
    ...(hostname === undefined ? [] : [`hostname=${hostname}`]),
    ...publishes.map((p) => `hostfwd=${p.protocol}:0.0.0.0:${p.hostPort}-${userAddress}:${p.guestPort}`),
  ].join(",");
}
