/** What hosts are called in a cluster, and where they are found. */
import { text } from "../command.ts";

export const membershipOptions = {
  name: text("NAME", "What this host is called in the cluster (default: this computer's name)."),
  address: text(
    "IP[:PORT]",
    "Where other hosts find this one (default: its only address, port 8470). It and the next two ports have to be open between the hosts.",
  ),
} as const;
