/** What is kept for whoever looks on, as it is of a guest that has just started. */
import type { Schemas } from "#contract/schemas";
import type { WatchService } from "#server/services";
import { pngSignature } from "./png-signature.ts";

export function fakeWatch(guest: (ref: string) => Schemas["Guest"]): WatchService {
  const series = ({ range = "hour" }: Schemas["UsageQuery"]): Schemas["UsageSeries"] => ({
    range,
    step: 20,
    points: [],
  });
  return {
    async guestUsage(ref, query) {
      guest(ref);
      return series(query);
    },
    hostUsage: async (query) => series(query),
    async thumbnail(ref) {
      guest(ref);
      return pngSignature;
    },
    async cloudInit(ref) {
      const { hostname, id } = guest(ref);
      return { used: true, hostname, sshKeys: [], hostKey: "ssh-ed25519 AAAA", instance: id };
    },
    storage: async () => ({ folder: "/home", size: 2 ** 40, free: 2 ** 39, taken: 0, items: [] }),
  };
}
