/** What the domain is wired of, and what it is to the daemon. */
import type { Clock } from "#base/clock";
import type { HomePaths } from "#base/home";
import type { Log } from "#base/log";
import type { OperationRegistry } from "#durable/operation/define";
import type { OperationEngine } from "#durable/operation/engine";
import type { SealKey } from "#durable/store/seal";
import type { ReadStore, Store } from "#durable/store/store";
import type { CellFinding } from "#hypervisor/cell/host";
import type { ClusterFile } from "#domain/cluster/cluster-file";
import type { Actor } from "#domain/access/actor";
import type { Memberships } from "#domain/access/memberships";
import type { Displays } from "#domain/console/displays";
import type { Recordings } from "#domain/console/recording/recordings";
import type { Fleet } from "#domain/guest/fleet";
import type { End } from "#domain/guest/fleet-view";
import type { Safeguards } from "#domain/guest/ha";
import type { GuestOperations } from "#domain/guest/guests";
import type { UsageKeeper } from "#domain/guest/keep-usage";
import type { Hardware } from "#domain/guest/launch";
import type { GuestRecord } from "#domain/guest/record";
import type { Demand } from "#domain/host/demand";
import type { EventLog } from "#domain/host/events";
import type { OtherHosts } from "#domain/image/service";
import type { Networks } from "#domain/network/networks";
import type { Spanning } from "#domain/network/spanning/spanning";
import type { Groups } from "#hypervisor/cpu/groups";
import type { QemuFeatures } from "#hypervisor/qemu/features";
import type { Stock } from "#domain/template/stock";
import type { Templates } from "#domain/template/templates";
import type { Upkeep } from "#domain/template/upkeep";
import type { Uploads } from "#domain/upload/uploads";
import type { Views } from "#domain/view/views";
import type { HostList } from "./view-services.ts";
import type { Webhooks } from "#domain/webhook/webhooks";
import type { Availability } from "./availability.ts";
import type { DesktopClusterParts } from "./desktop-cluster.ts";
import type { DesktopWiring } from "./desktop-service.ts";
import type { Division } from "./division.ts";
import type { DomainServices } from "./domain-services.ts";
import type { FirewallsElsewhere } from "./firewall-service.ts";
import type { Moving, Reaching } from "./moves.ts";
import type { Replicating } from "./replicas.ts";

export interface DomainParts {
  /** This host's records, and what all share. */
  readonly store: Store;
  /** All there is, as it lies: other hosts' records too. */
  readonly all: Store;
  /** Of the cluster; undefined: this host is alone. */
  readonly hosts: HostList | undefined;
  /** This host's id in its cluster; undefined: it stands alone. */
  readonly host?: string | undefined;
  /** The same to be read, each under the key that it has on its host. */
  readonly whole: ReadStore;
  /** What other hosts of the cluster have to be fetched; undefined: this one stands alone. */
  readonly otherHosts?: OtherHosts | undefined;
  /** This host in its cluster; undefined: it stands alone. */
  readonly member: ClusterFile | undefined;
  readonly reaching: Reaching | undefined;
  /** The id of the host that a guest of this one goes to, where nobody says which. */
  readonly chooseOther: (guest: string) => Promise<string>;
  readonly rankHosts: DesktopClusterParts["rank"];
  readonly features: Pick<QemuFeatures, "commands" | "machines">;
  readonly key: SealKey;
  readonly clock: Clock;
  readonly log: Log;
  readonly engine: OperationEngine;
  readonly registry: OperationRegistry;
  readonly networks: Networks;
  /** What makes networks one over hosts; undefined: this one stands alone. */
  readonly spanning?: Spanning | undefined;
  readonly firewallsElsewhere?: FirewallsElsewhere | undefined;
  readonly events: EventLog;
  readonly views: Views;
  readonly hardware: Hardware;
  readonly groups: Groups;
  /** Undefined where guests run in none. */
  readonly cells: CellFinding;
  readonly tag: string;
  readonly paths: HomePaths;
  /** Of a host of a cluster. */
  readonly safeguards?: Safeguards | undefined;
  /** Likewise. */
  readonly letGoOfLost?: Availability["letGo"] | undefined;
  /** Of a host of a cluster. @throws LodgeError placement.reserved */
  readonly requireReserve?: ((demand: Demand) => Promise<void>) | undefined;
  /** The groups and claims of whoever asks; none where he has no account. */
  readonly memberships: (actor: Actor) => Promise<Memberships | undefined>;
  /** Takes away the roles that were granted in a project. */
  readonly forgetProject: (project: string) => Promise<void>;
}

export interface Domain {
  readonly fleet: Fleet;
  readonly division: Division;
  /** Bytes of memory that guests can be given now. */
  readonly memoryToGive: () => Promise<number>;
  readonly templates: Templates;
  readonly stock: Stock;
  readonly upkeep: Upkeep;
  readonly uploads: Uploads;
  readonly services: DomainServices;
  readonly operations: GuestOperations;
  readonly moving: Moving;
  readonly displays: Displays;
  readonly replicating: Replicating;
  readonly webhooks: Webhooks;
  readonly recordings: Recordings;
  readonly desktops: Pick<DesktopWiring, "open" | "close">;
  /** Does what a guest's record asks for when it has ended. */
  readonly settle: (record: GuestRecord, end: End) => void;
  /** Resolves when nothing is under way any more that follows from a guest's end. */
  readonly followed: () => Promise<void>;
  /** Whether guests may be made and started from now on. */
  readonly admit: (open: boolean) => void;
  /** Takes back what a daemon's end left half done of projects. */
  readonly openProjects: () => Promise<void>;
  /** Suspends a guest that is not busy. @throws LodgeError what it failed with */
  readonly suspend: (guest: string) => Promise<void>;
  /** Keeps what guests and the host take over time, from when it is opened until it is closed. */
  readonly usage: UsageKeeper;
  /** Keeps the chains of layers below guests' disks short, until aborted. */
  readonly keepShort: () => AbortController;
  /** Sees to it that an image is on this host, where another has it. */
  readonly bring: (image: string, project: string) => Promise<void>;
  /** Starts the guests that are marked for it; ends early where guests are not admitted any more. */
  readonly bringBack: () => Promise<void>;
}
