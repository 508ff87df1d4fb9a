/** The kernel's list of connections (nf_conntrack), as far as it tells what a guest's flows are. */
import { readFile } from "node:fs/promises";
import { hasCode, LodgeError } from "#contract/errors";
import { exec } from "#base/exec";
import { written } from "../guard/address.ts";
import { contains } from "../subnet.ts";
import { overlaps6 } from "../subnet6.ts";

/** A flow as the guest sees it. */
export interface Flow {
  readonly protocol: "tcp" | "udp" | "sctp" | "dccp" | "udplite";
  readonly guest: string;
  readonly guestPort: number;
  readonly remote: string;
  readonly remotePort: number;
  /** For which it is remembered if nobody says anything. */
  readonly seconds: number;
}

interface Tuple {
  readonly src: string;
  readonly dst: string;
  readonly sport: number;
  readonly dport: number;
}

const over = new Set(["TIME_WAIT", "CLOSE", "NONE"]);
const line = /^ipv[46]\s+\d+\s+(tcp|udp|sctp|dccp|udplite)\s+\d+\s+(\d+)\s+(?:([A-Z_0-9]+)\s+)?/;
const tuples = /src=(\S+)\s+dst=(\S+)\s+sport=(\d+)\s+dport=(\d+)/g;

/** A guest's ends of its flows. */
export interface Ends {
  readonly addresses: readonly string[];
  /** The hosts' own addresses in its networks. */
  readonly gateways: readonly string[];
  /** Of its networks. */
  readonly subnets: readonly string[];
}

/**
 * Flows of a guest that this host has a part in, by the text of /proc/net/nf_conntrack. Neither those to the gateways
 * themselves, questions that any host answers, nor to neighbours, which a host knows where br_netfilter is on. Pure.
 */
export function flowsIn(text: string, ends: Ends): Flow[] {
  const own = new Set(ends.addresses.map(written));
  const servers = new Set(ends.gateways.map(written));
  const isNeighbour = (address: string) =>
    !servers.has(address) &&
    ends.subnets.some(
      (subnet) =>
        subnet.includes(":") === address.includes(":") &&
        (subnet.includes(":") ? overlaps6(subnet, address) : contains(subnet, address)),
    );
  const found: Flow[] = [];
  for (const each of text.split("\n")) {
    const [head, protocol, seconds, state = ""] = line.exec(each) ?? [];
    if (head === undefined || over.has(state)) continue;
    const [began, answers] = [...each.matchAll(tuples)].map(
      ([, src = "", dst = "", sport, dport]): Tuple => ({
        src: written(src),
        dst: written(dst),
        sport: Number(sport),
        dport: Number(dport),
      }),
    );
    if (!began || !answers) continue;
    const flow = { protocol: protocol as Flow["protocol"], seconds: Number(seconds) };
    if (own.has(began.src)) {
      const { src: guest, sport: guestPort, dst: remote, dport: remotePort } = began;
      if (!servers.has(remote) && !isNeighbour(remote))
        found.push({ ...flow, guest, guestPort, remote, remotePort });
    } else if (own.has(answers.src)) {
      const { src: guest, sport: guestPort, dst: remote, dport: remotePort } = answers;
      if (!isNeighbour(remote)) found.push({ ...flow, guest, guestPort, remote, remotePort });
    }
  }
  return found;
}

/**
 * The list as it is now, of /proc, or of the program `conntrack` where this kernel does not show it there.
 *
 * @throws LodgeError host.command_missing
 */
export async function conntrackText(): Promise<string> {
  const proc = await readFile("/proc/net/nf_conntrack", "utf8").catch(() => undefined);
  if (proc !== undefined) return proc;
  const args = ["--dump", "--output", "extended"];
  const texts = await Promise.all(
    ["ipv4", "ipv6"].map((family) => exec("conntrack", [...args, "--family", family])),
  ).catch((error: unknown) => {
    if (hasCode(error, "host.command_missing")) throw error;
    throw new LodgeError(
      "host.command_missing",
      { command: "conntrack", package: "conntrack" },
      { cause: error },
    );
  });
  return texts.map(({ stdout }) => stdout).join("\n");
}
