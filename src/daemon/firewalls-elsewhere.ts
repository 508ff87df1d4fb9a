/** Firewall groups of guests on other hosts: those change their guests themselves. */
import type { Whereabouts } from "#durable/store/whereabouts";
import { guestKey } from "#domain/guest/record";
import type { FirewallsElsewhere } from "./firewall-service.ts";
import type { Reaching } from "./image-hosts.ts";

export function firewallsElsewhere(
  { id: self, peers }: Pick<Reaching, "id" | "peers">,
  whereabouts: Pick<Whereabouts, "hostsOf">,
): FirewallsElsewhere {
  return {
    hostOf: (guest) => whereabouts.hostsOf(guestKey(guest)).find((host) => host !== self),
    async use(host, guest, body) {
      await peers.call(host, "peerFirewallUse", { params: { guest }, body });
    },
  };
}
