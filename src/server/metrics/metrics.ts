/**
 * What Prometheus gets to read at /metrics: the host, every guest, the API and the daemon itself, as they are
 * when it asks. Names and units are as prometheus.io/docs/practices/naming has them.
 */
import { GuestStateName } from "#contract/schema/guest";
import type { GuestUsage } from "#contract/schema/feed";
import type { Schemas } from "#contract/schemas";
import type { Sight } from "#domain/access/sight";
import type { MetricsService } from "../services.ts";
import { exposition, type Labels, type Metric, type Sample } from "./exposition.ts";
import type { Latency } from "./latency.ts";

type Guest = Schemas["Guest"];

const states = GuestStateName.anyOf.map((state) => state.const);

const gauge = (name: string, help: string, samples: readonly Sample[]): Metric => ({
  name,
  help,
  type: "gauge",
  samples,
});
const counter = (name: string, help: string, samples: readonly Sample[]): Metric => ({
  name,
  help,
  type: "counter",
  samples,
});
const one = (value: number): readonly Sample[] => [{ value }];

/** What is the host's and the daemon's own is for those alone who may see the host. */
export async function metricsText(service: MetricsService, latency: Latency, sight: Sight): Promise<string> {
  const [{ guests, usage, operations, drops }, host] = await Promise.all([
    service.collect(sight),
    service.host(sight),
  ]);
  return exposition([
    ...(host ? hostMetrics(host, usage) : []),
    ...guestMetrics(guests, usage),
    ...dropMetrics(guests, drops),
    gauge(
      "lodge_operations",
      "Operations that are kept, by their status.",
      Object.entries(operations).map(([status, value]) => ({ labels: { status }, value })),
    ),
    ...(host ? [latency.metric(), ...processMetrics()] : []),
  ]);
}

function hostMetrics(host: Schemas["Host"], { host: used }: Schemas["Usage"]): Metric[] {
  const { version, qemu, accelerator } = host;
  return [
    gauge("lodge_build_info", "Which Lodge this is; always 1.", [
      { labels: { version, qemu, accelerator }, value: 1 },
    ]),
    gauge("lodge_host_cpus", "Processors of the host.", one(used.cpus)),
    counter(
      "lodge_host_cpu_seconds_total",
      "Processor time taken on the whole host, of all processors, without waiting.",
      one(used.cpuSeconds),
    ),
    gauge("lodge_host_memory_bytes", "Memory of the host.", one(used.memory)),
    gauge(
      "lodge_host_memory_available_bytes",
      "Memory of the host that could be had without swapping.",
      one(used.memoryAvailable),
    ),
    gauge("lodge_host_disk_free_bytes", "Free space where Lodge keeps its things.", one(host.diskFree)),
  ];
}

const labelsOf = ({ id, name, project }: Guest): Labels => ({ guest: name, id, project });

function dropMetrics(guests: readonly Guest[], drops: readonly (readonly Schemas["NicDrops"][])[]): Metric[] {
  const dropped = (pick: (one: Schemas["NicDrops"]) => number | undefined): Sample[] =>
    guests.flatMap((guest, i) =>
      (drops[i] ?? []).flatMap((one) => {
        const value = pick(one);
        return value === undefined ? [] : [{ labels: { ...labelsOf(guest), nic: one.nic }, value }];
      }),
    );
  return [
    counter(
      "lodge_guest_network_refused_frames_total",
      "Frames that a guest sent as somebody else, or that are not a guest's to send.",
      dropped(({ refused }) => refused),
    ),
    counter(
      "lodge_guest_network_denied_packets_total",
      "Packets to and from a guest that no rule of its firewall groups allowed.",
      dropped(({ denied }) => denied),
    ),
  ];
}

function guestMetrics(guests: readonly Guest[], usage: Schemas["Usage"]): Metric[] {
  const byId = new Map(guests.map((guest) => [guest.id, guest]));
  const running = usage.guests.filter(({ guest }) => byId.has(guest));
  const used = (pick: (one: GuestUsage) => number | undefined): Sample[] =>
    running.flatMap((sample) => {
      const value = pick(sample);
      return value === undefined ? [] : [{ labels: labelsOf(byId.get(sample.guest)!), value }];
    });
  const count = (state: string) => guests.filter((guest) => guest.state === state).length;
  const each = (pick: (guest: Guest) => number | undefined): Sample[] =>
    guests.flatMap((guest) => {
      const value = pick(guest);
      return value === undefined ? [] : [{ labels: labelsOf(guest), value }];
    });
  return [
    gauge(
      "lodge_guest_replica_in_sync",
      "1 where the guest's replica on a second host has each write, 0 where it has not.",
      each(({ replica }) => replica && (replica.state === "in-sync" ? 1 : 0)),
    ),
    gauge(
      "lodge_guest_replica_synced_time_seconds",
      "Until when the guest's replica has each write, where it is not in sync: seconds since the epoch.",
      each(({ replica }) =>
        replica?.state !== "in-sync" && replica?.syncedAt !== undefined
          ? Date.parse(replica.syncedAt) / 1000
          : undefined,
      ),
    ),
    gauge(
      "lodge_guests",
      "Guests, by their state.",
      states.map((state) => ({ labels: { state }, value: count(state) })),
    ),
    gauge(
      "lodge_guest_state",
      "The state that a guest is in; always 1.",
      guests.map((guest) => ({ labels: { ...labelsOf(guest), state: guest.state }, value: 1 })),
    ),
    gauge(
      "lodge_guest_vcpus",
      "Processors that a guest has.",
      each(({ cpus }) => cpus),
    ),
    gauge(
      "lodge_guest_memory_bytes",
      "Memory that a guest has, or is to have.",
      each(({ memory }) => memory),
    ),
    gauge(
      "lodge_guest_memory_taken_bytes",
      "Memory that a guest has taken so far, of those into which it is plugged while they run.",
      each(({ memoryNow }) => memoryNow),
    ),
    counter(
      "lodge_guest_cpu_seconds_total",
      "Processor time that a guest's process has taken.",
      used(({ cpuSeconds }) => cpuSeconds),
    ),
    counter(
      "lodge_guest_cpu_throttled_seconds_total",
      "Time for which a guest's threads stood still because of its cap, all together.",
      used(({ throttledSeconds }) => throttledSeconds),
    ),
    gauge(
      "lodge_guest_memory_swapped_bytes",
      "Memory of a guest that the host has swapped out.",
      used(({ swapped }) => swapped),
    ),
    gauge(
      "lodge_guest_memory_resident_bytes",
      "Memory of the host that a guest's process holds, shared pages included.",
      used(({ memory }) => memory),
    ),
    gauge(
      "lodge_guest_memory_private_bytes",
      "Memory of the host that a guest's process shares with no other.",
      used(({ memoryOwn }) => memoryOwn),
    ),
    counter(
      "lodge_guest_disk_read_bytes_total",
      "Bytes that a guest has read from its disks.",
      used(({ diskRead }) => diskRead),
    ),
    counter(
      "lodge_guest_disk_written_bytes_total",
      "Bytes that a guest has written to its disks.",
      used(({ diskWritten }) => diskWritten),
    ),
    counter(
      "lodge_guest_network_receive_bytes_total",
      "Bytes that have come to a guest over its networks; not of user networks.",
      used(({ netReceived }) => netReceived),
    ),
    counter(
      "lodge_guest_network_transmit_bytes_total",
      "Bytes that a guest has sent over its networks; not of user networks.",
      used(({ netSent }) => netSent),
    ),
  ];
}

/** The daemon's own, by the names that every client of Prometheus gives them. */
function processMetrics(): Metric[] {
  const { user, system } = process.cpuUsage();
  return [
    counter("process_cpu_seconds_total", "Processor time of the daemon.", one((user + system) / 1e6)),
    gauge("process_resident_memory_bytes", "Memory that the daemon holds.", one(process.memoryUsage.rss())),
    gauge(
      "process_start_time_seconds",
      "When the daemon started, in seconds since 1970.",
      one((Date.now() - process.uptime() * 1000) / 1000),
    ),
  ];
}
