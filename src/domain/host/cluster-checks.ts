/** What `lodge doctor` concludes about a host's place in its cluster. */
import type { Check } from "./check.ts";

export interface ClusterFinding {
  /** The other hosts: how far their clocks are apart from this one's, in milliseconds, or why they do not answer. */
  readonly hosts: readonly ({ readonly name: string } & (
    | { readonly apart: number }
    | { readonly reason: string }
  ))[];
  /** Milliseconds that a write to the state takes; undefined: none could be made. */
  readonly latency?: number;
  /** "8470 to 8472" */
  readonly ports?: string;
}

/** Milliseconds. Certificates and leases bear more; what is compared between hosts' logs does not. */
const mostApart = 500;
/** Milliseconds: a write waits for a majority's disks. etcd's own advice is 10 for one sync. */
const slow = 50;

export function clusterChecks(found: ClusterFinding | undefined): Check[] {
  return found ? [reach(found), clocks(found), state(found)] : [];
}

function reach({ hosts, ports = "8470 to 8472" }: ClusterFinding): Check {
  const name = "cluster hosts";
  const silent = hosts.flatMap((host) => ("reason" in host ? [host] : []));
  if (silent.length === 0) {
    const summary = hosts.length === 0 ? "There are no others yet." : `All ${hosts.length} others answer.`;
    return { name, status: "ok", summary };
  }
  return {
    name,
    status: "warning",
    summary: silent.map((host) => `${host.name} does not answer: ${host.reason}`).join(" "),
    fix: `See that the host is on, that 'lodged' runs there, and that nothing between the hosts closes TCP ports ${ports}.`,
  };
}

function clocks({ hosts }: ClusterFinding): Check {
  const name = "cluster clocks";
  const apart = hosts.flatMap((host) => ("apart" in host && Math.abs(host.apart) > mostApart ? [host] : []));
  if (apart.length === 0) return { name, status: "ok", summary: "No clock is half a second apart." };
  const words = apart.map(({ name: host, apart: by }) => {
    return `that of ${host} is ${(Math.abs(by) / 1000).toFixed(1)} s ${by < 0 ? "behind" : "ahead"}`;
  });
  return {
    name,
    status: "warning",
    summary: `Clocks are apart: ${words.join(", ")}.`,
    fix: "Have each host's clock kept: 'apt-get install systemd-timesyncd', or chrony.",
  };
}

function state({ latency }: ClusterFinding): Check {
  const name = "cluster state";
  if (latency === undefined)
    return {
      name,
      status: "missing",
      summary: "Nothing can be changed: too few of the hosts that keep the cluster's state answer.",
      fix: "'lodge cluster status' names those that have to come back.",
    };
  const took = `A change takes ${latency.toFixed(1)} ms`;
  if (latency <= slow) return { name, status: "ok", summary: `${took}.` };
  return {
    name,
    status: "warning",
    summary: `${took} until a majority has it on disk, which is slow.`,
    fix: "Put Lodge's home of the hosts that keep the state on an SSD that syncs quickly, and keep their network free.",
  };
}
