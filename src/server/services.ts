/**
 * What the server needs of the domain, noun by noun. The daemon hands each handler file its own part.
 *
 * `ref` is the id of an object that whoever asks may reach (reach.ts); `sight` what he sees. Whatever takes long returns an Operation that has been started.
 */
import type { Duplex, Readable, Writable } from "node:stream";
import type { Page, PassingFile, ServedFile } from "#contract/call";
import type { Operation } from "#contract/operation";
import type { Schemas } from "#contract/schemas";
import type { ConsoleStart, DropStart, ExecStart, FileStart } from "#contract/stream";
import type { Access } from "#domain/access/access";
import type { OwnedNoun } from "#contract/route";
import type { Owner } from "#contract/access";
import type { Cluster } from "#domain/cluster/cluster";
import type { Visits } from "#domain/guest/between/visits";
import type { AuditLog } from "#domain/access/audit";
import type { Sight } from "#domain/access/sight";
import type { Shown } from "#domain/console/displays";
import type { Grant, IssuedTicket } from "#domain/console/tickets";
import type { Placer } from "#domain/cluster/placement/placer";
import type { ViewerSocket } from "#domain/console/viewer-socket";
import type { Uploads } from "#domain/upload/uploads";
import type { Intrusion } from "#domain/desktop/intrusions";
import type { DesktopPools } from "#domain/desktop/pools";
import type { MyDesktops } from "#domain/desktop/my-desktops";
import type { HomeFiles } from "#domain/desktop/home-files";
import type { Line } from "#domain/desktop/line";
import type { LineReader } from "#domain/desktop/lines";
import type { Supporter } from "#domain/desktop/shadows";
import type { Drains } from "#domain/cluster/drain/drains";
import type { FenceDevices } from "#domain/cluster/fence/devices";
import type { Pools } from "#domain/volume/pools";
import type { Volumes } from "#domain/guest/volume/volumes";
import type { Webhooks } from "#domain/webhook/webhooks";
import type { OutletFrame } from "./stream/outlet.ts";

/** A command that runs in a guest. Its outputs end, or fail, also where its exit rejects. */
export interface ExecSession {
  readonly stdin: Writable;
  readonly stdout: Readable;
  /** Ends at once where there is a terminal: all of it comes through stdout. */
  readonly stderr: Readable;
  resize(rows: number, cols: number): void;
  /** Sends a signal by name, e.g. "SIGINT". */
  kill(signal: string): void;
  /** Rejects with agent.lost or agent.command_not_found, and with what QEMU's guest agent cannot do. */
  readonly exit: Promise<{ readonly code: number; readonly signal?: string }>;
}

export interface Reachable {
  readonly id: string;
  readonly owner: Owner;
  /** Id of the account that it is for, where it is somebody's. */
  readonly user?: string;
  /** Id of the host that has it, where that is another one. */
  readonly host?: string;
}

/** Objects of projects, by what their users call them. */
export interface ObjectService {
  /** By its name in a project or, wherever it is, by its id. */
  find(noun: OwnedNoun, ref: string, project: string): Promise<Reachable | undefined>;
}

export interface ProjectService {
  list(sight: Sight): Promise<Schemas["Project"][]>;
  get(name: string): Promise<Schemas["Project"]>;
  create(body: Schemas["ProjectCreate"]): Promise<Schemas["Project"]>;
  update(name: string, body: Schemas["ProjectUpdate"]): Promise<Schemas["Project"]>;
  usage(name: string): Promise<Schemas["ProjectUsage"]>;
  changeQuota(name: string, change: Schemas["QuotaChange"]): Promise<Schemas["ProjectUsage"]>;
  remove(name: string): Promise<Schemas["Project"]>;
}

export interface GuestService {
  /** `alone`: what is on this host, as of the other lists of all hosts' records. */
  list(query: Schemas["GuestQuery"], sight: Sight, alone?: boolean): Promise<Page<Schemas["Guest"]>>;
  get(ref: string): Promise<Schemas["Guest"]>;
  create(body: Schemas["GuestCreate"], project: string): Promise<Operation>;
  /** `match` throws where the guest is not as it is believed to be; it is asked in the change's transaction. */
  update(
    ref: string,
    body: Schemas["GuestUpdate"],
    match?: (guest: Schemas["Guest"]) => void,
  ): Promise<Schemas["Guest"]>;
  remove(ref: string, options: { force: boolean; snapshots: boolean }): Promise<Operation>;
  start(ref: string): Promise<Operation>;
  stop(ref: string, body: Schemas["GuestStop"]): Promise<Operation>;
  restart(ref: string, body: Schemas["GuestStop"]): Promise<Operation>;
  pause(ref: string): Promise<Operation>;
  resume(ref: string): Promise<Operation>;
  suspend(ref: string): Promise<Operation>;
  move(ref: string, body: Schemas["GuestMove"]): Promise<Operation>;
  checkMove(ref: string, body: Schemas["GuestMove"], signal: AbortSignal): Promise<Schemas["MoveProspect"]>;
  fork(ref: string, body: Schemas["GuestFork"]): Promise<Operation>;
  drive(
    ref: string,
    body: Schemas["GuestDrive"],
    match?: (guest: Schemas["Guest"]) => void,
  ): Promise<Schemas["Guest"]>;
  addDisk(ref: string, body: Schemas["DiskAdd"]): Promise<Operation>;
  removeDisk(ref: string, disk: string): Promise<Operation>;
  resizeDisk(ref: string, disk: string, body: Schemas["DiskResize"]): Promise<Operation>;
  addNic(ref: string, body: Schemas["NicAdd"]): Promise<Operation>;
  removeNic(ref: string, nic: string): Promise<Operation>;
  addShare(ref: string, body: Schemas["ShareAdd"]): Promise<Schemas["Guest"]>;
  removeShare(ref: string, share: string): Promise<Schemas["Guest"]>;
  facts(ref: string): Promise<Schemas["GuestFacts"]>;
  screenshot(ref: string): Promise<Uint8Array>;
  logs(ref: string, query: Schemas["LogQuery"]): Promise<string>;
  exec(ref: string, start: ExecStart, signal: AbortSignal): Promise<ExecSession>;
  /** The serial console: scroll-back first, then what comes. */
  console(ref: string, start: ConsoleStart, signal: AbortSignal): Promise<Duplex>;
  /** A connection to a TCP port inside the guest, whose directions end by themselves. */
  port(ref: string, port: number, signal: AbortSignal): Promise<Duplex>;
  /** A tar stream out of or into the guest; for "in" the promise resolves once all is unpacked. */
  fileOut(ref: string, start: FileStart, signal: AbortSignal): Promise<Readable>;
  fileIn(ref: string, start: FileStart, content: Readable, signal: AbortSignal): Promise<void>;
}

/** The host's devices, of which each is one guest's at most. */
export interface DeviceService {
  list(): Promise<Schemas["HostDevice"][]>;
  attach(guest: string, device: string): Promise<Schemas["Guest"]>;
  detach(guest: string, device: string): Promise<Schemas["Guest"]>;
}

export interface SnapshotService {
  list(guest: string): Promise<Schemas["Snapshot"][]>;
  get(guest: string, ref: string): Promise<Schemas["Snapshot"]>;
  take(guest: string, body: Schemas["SnapshotCreate"]): Promise<Operation>;
  update(guest: string, ref: string, body: Schemas["SnapshotUpdate"]): Promise<Schemas["Snapshot"]>;
  remove(guest: string, ref: string): Promise<Operation>;
  restore(guest: string, ref: string, body: Schemas["SnapshotRestore"]): Promise<Operation>;
  fork(guest: string, ref: string, body: Schemas["SnapshotFork"]): Promise<Operation>;
  prune(guest: string, rule: Schemas["SnapshotPrune"]): Promise<Operation>;
}

/** Displays, and the tickets that open them and serial consoles. */
export interface ConsoleService {
  issue(ref: string, terms: Omit<Grant, "guest">): Promise<IssuedTicket>;
  /** Uses up a ticket for a guest. */
  redeem(ref: string, shown: Shown): Promise<Grant>;
  /** Says how large the window of a serial console is, to a guest that can be told. */
  resizeSerial(ref: string, size: { readonly rows: number; readonly cols: number }): Promise<void>;
  /** Brings a file into a guest's desktop; resolves to its folder, where that is known. */
  drop(ref: string, start: DropStart, content: Readable, signal: AbortSignal): Promise<string | undefined>;
  /** Shows a display to a viewer until one of them goes, closes the socket and says there why. */
  watch(ref: string, shown: Shown, socket: ViewerSocket): Promise<void>;
}

/** What guests play. */
export interface SoundService {
  /** Lets somebody hear a guest until one of them goes, closes the socket and says there why. */
  listen(ref: string, shown: Shown, socket: ViewerSocket): Promise<void>;
}

export interface RecordingService {
  start(ref: string, by: string, body: Schemas["RecordingCreate"]): Promise<Schemas["Recording"]>;
  list(query: Schemas["RecordingQuery"], sight: Sight, alone?: boolean): Promise<Page<Schemas["Recording"]>>;
  get(id: string): Promise<Schemas["Recording"]>;
  content(id: string): Promise<ServedFile>;
  stop(id: string): Promise<Schemas["Recording"]>;
  remove(id: string): Promise<Schemas["Recording"]>;
}

export interface ImageService {
  list(query: Schemas["ImageQuery"], sight: Sight, alone?: boolean): Promise<Page<Schemas["Image"]>>;
  get(ref: string): Promise<Schemas["Image"]>;
  update(ref: string, body: Schemas["ImageUpdate"]): Promise<Schemas["Image"]>;
  build(body: Schemas["ImageBuild"], project: string): Promise<Operation>;
  import(body: Schemas["ImageImport"], project: string): Promise<Operation>;
  pull(body: Schemas["ImagePull"], project: string): Promise<Operation>;
  /** The image is of its guest's project. */
  create(body: Schemas["ImageCreate"]): Promise<Operation>;
  remove(ref: string): Promise<Operation>;
  recipes(sight: Sight): Promise<Schemas["Recipe"][]>;
  /** For other hosts of the cluster, that copy it. */
  manifest(id: string, signal: AbortSignal): Promise<Schemas["ImageManifest"]>;
  piece(id: string, file: string, offset: number, length: number): Promise<Uint8Array>;
  /** Resolve once a copy is there, or gone. */
  fetch(id: string): Promise<Schemas["Image"]>;
  drop(id: string): Promise<Schemas["Image"]>;
  updateCopy(id: string, body: Schemas["ImageUpdate"]): Promise<Schemas["Image"]>;
}

export type HomeService = Pick<HomeFiles, "file" | "piece" | "tidy">;

export type UploadService = Pick<Uploads, "list" | "create" | "get" | "receive" | "remove" | "import">;

export interface TemplateService {
  list(sight: Sight): Promise<Schemas["Template"][]>;
  build(body: Schemas["TemplateBuild"], project: string): Promise<Operation>;
  remove(ref: string): Promise<Operation>;
  budget(): Promise<Schemas["TemplateBudget"]>;
  changeBudget(body: Schemas["TemplateBudgetUpdate"]): Promise<Schemas["TemplateBudget"]>;
}

export interface FirewallService {
  list(sight: Sight): Promise<Schemas["Firewall"][]>;
  get(firewall: string): Promise<Schemas["Firewall"]>;
  create(body: Schemas["FirewallCreate"], project: string): Promise<Schemas["Firewall"]>;
  update(firewall: string, body: Schemas["FirewallUpdate"]): Promise<Schemas["Firewall"]>;
  remove(firewall: string): Promise<Schemas["Firewall"]>;
  addRule(firewall: string, body: Schemas["NewFirewallRule"]): Promise<Schemas["Firewall"]>;
  removeRule(firewall: string, rule: string): Promise<Schemas["Firewall"]>;
  attach(firewall: string, body: Schemas["FirewallUsers"]): Promise<Schemas["Firewall"]>;
  detach(firewall: string, body: Schemas["FirewallUsers"]): Promise<Schemas["Firewall"]>;
  /** Of one guest of this host, for another host. */
  use(guest: string, body: Schemas["FirewallUse"]): Promise<void>;
  log(firewall: string): Promise<Schemas["FirewallLogLine"][]>;
  addresses(guest: string): Promise<Schemas["GuestAddress"][]>;
  /** What was dropped at each NIC. */
  dropsOf(guest: string): Promise<Schemas["NicDrops"][]>;
  pin(guest: string, nic: string, body: Schemas["NicPin"]): Promise<Schemas["Guest"]>;
}

export interface NetworkService {
  list(sight: Sight): Promise<Schemas["Network"][]>;
  get(id: string, sight: Sight): Promise<Schemas["Network"]>;
  create(body: Schemas["NetworkCreate"], project: string, sight: Sight): Promise<Schemas["Network"]>;
  update(id: string, body: Schemas["NetworkUpdate"], sight: Sight): Promise<Schemas["Network"]>;
  remove(id: string, sight: Sight): Promise<Schemas["Network"]>;
  underlay(): Promise<Schemas["Underlay"]>;
  setUnderlay(kind: Schemas["Underlay"]["kind"]): Promise<Schemas["Underlay"]>;
}

/** Desktop pools, and the desktops that people have of them. */
export interface DesktopService {
  readonly pools: Pick<DesktopPools, "get" | "create" | "update"> & {
    list(sight: Sight): Promise<Schemas["DesktopPool"][]>;
    remove(id: string, options: { readonly force: boolean }): Promise<Operation>;
  };
  readonly mine: Pick<
    MyDesktops,
    "list" | "connect" | "ticket" | "obstacle" | "signOff" | "restart" | "reset"
  >;
  list(query: Schemas["DesktopQuery"], sight: Sight): Promise<Schemas["Desktop"][]>;
  /** Of those on this host, for the others. */
  reports(): Schemas["DesktopReport"][];
  get(id: string): Promise<Schemas["Desktop"]>;
  end(id: string, body: Schemas["DesktopEnd"]): Promise<Schemas["Desktop"]>;
  reset(id: string): Promise<Schemas["Desktop"]>;
  message(id: string, from: string, text: string): Promise<Schemas["Desktop"]>;
  /** Answers once its user has consented, where the pool asks for that. */
  shadow(
    id: string,
    body: Schemas["DesktopShadow"],
    supporter: Supporter,
  ): Promise<Schemas["DesktopShadowing"]>;
  /** Tells whoever has a desktop what becomes of it, and takes what he says, until it is closed. `holder`: whose page it is. */
  openLine(id: string, holder: string, reader: LineReader): Promise<Line>;
  /** Whether it is somebody's desktop that this reaches into. @throws LodgeError where he may not */
  admit(intrusion: Intrusion): Promise<boolean>;
  /** In the downloads of its user. */
  files(id: string, signal: AbortSignal): Promise<Schemas["DesktopFile"][]>;
  file(id: string, name: string, signal: AbortSignal): Promise<PassingFile>;
  /** For other hosts of the cluster, to which homes go. */
  readonly homes: HomeService;
}

export type DrainService = Pick<Drains, "plan" | "start" | "resume">;

export type FenceService = Pick<FenceDevices, "list" | "create" | "remove" | "confirm">;

export type PoolService = Pick<Pools, "list" | "get" | "create" | "update" | "remove">;

export interface VolumeService extends Pick<
  Volumes,
  "get" | "create" | "resize" | "clone" | "move" | "attach" | "detach" | "remove"
> {
  list(sight: Sight): Promise<Schemas["Volume"][]>;
}

export interface OperationService {
  list(query: Schemas["OperationQuery"], sight: Sight, alone?: boolean): Promise<Page<Operation>>;
  get(id: string): Promise<Operation>;
  /** Resolves once the operation ended or its progress differs from `seen`, or after the time. */
  wait(id: string, query: Schemas["WaitQuery"], signal: AbortSignal): Promise<Operation>;
  cancel(id: string): Promise<Operation>;
}

/** Events that are being told. */
export interface EventReading {
  /** Where their reader is. */
  readonly at: string;
  /** In pieces, as they happen; ends with the signal. */
  readonly frames: AsyncIterable<readonly OutletFrame[]>;
  close(): void;
}

export interface EventService {
  /** The past, newest first. */
  list(query: Schemas["EventListQuery"], sight: Sight, alone?: boolean): Promise<Page<Schemas["Event"]>>;
  /** Resolves once nothing is missed any more. */
  read(query: Schemas["EventQuery"], sight: Sight, signal: AbortSignal): Promise<EventReading>;
}

export type PlacementService = Pick<
  Placer,
  "explain" | "settings" | "change" | "traits" | "changeTraits" | "rebalance" | "planned" | "reserve"
>;

export interface HostService {
  /** Of its guests, counts those that are seen; what is the host's own alone is for those who see it. */
  get(sight: Sight): Promise<Schemas["Host"]>;
  promise(): Promise<Schemas["HostPromise"]>;
  change(body: Schemas["HostUpdate"]): Promise<Schemas["HostPromise"]>;
  doctor(): Promise<Schemas["Check"][]>;
  shutdown(body: Schemas["ShutdownBody"]): Promise<Operation>;
  outbound(): Promise<Schemas["OutboundRules"]>;
  changeOutbound(rules: Schemas["OutboundRules"]): Promise<Schemas["OutboundRules"]>;
  logs(query: Schemas["LogQuery"]): Promise<string>;
}

/** What is kept and worked out for whoever looks on. */
export interface WatchService {
  guestUsage(id: string, query: Schemas["UsageQuery"]): Promise<Schemas["UsageSeries"]>;
  hostUsage(query: Schemas["UsageQuery"]): Promise<Schemas["UsageSeries"]>;
  /** A small PNG. */
  thumbnail(id: string): Promise<Uint8Array>;
  cloudInit(id: string): Promise<Schemas["CloudInit"]>;
  storage(): Promise<Schemas["Storage"]>;
}

/** Accounts, sessions and tokens: the one part that the server also needs for itself. */
export type AccessService = Pick<Access, keyof Access>;
/** What is measured. */
export interface MetricsService {
  collect(sight: Sight): Promise<{
    readonly guests: readonly Schemas["Guest"][];
    readonly usage: Schemas["Usage"];
    /** How many operations there are of each status. */
    readonly operations: Readonly<Record<string, number>>;
    /** What was dropped at the NICs of each of the guests. */
    readonly drops: readonly (readonly Schemas["NicDrops"][])[];
  }>;
  /** Undefined where it is not for these eyes. */
  host(sight: Sight): Promise<Schemas["Host"] | undefined>;
}

/** Answers that are given again to whoever repeats a request with its key. */
export interface ReplyService {
  /** @throws LodgeError api.key_reused where the key came with another request; what `work` throws. */
  once<T>(
    request: { readonly key: string; readonly scope: string; readonly body: unknown },
    work: () => Promise<T>,
  ): Promise<{ readonly answer: unknown; readonly replayed: boolean }>;
}

export interface AuditService extends Pick<AuditLog, "append"> {
  list(
    query: Schemas["AuditQuery"],
    sees?: (entry: Schemas["AuditEntry"]) => boolean,
  ): Promise<Page<Schemas["AuditEntry"]>>;
}

export type WebhookService = Omit<Pick<Webhooks, keyof Webhooks>, "open" | "close">;

export type ClusterService = Pick<Cluster, keyof Cluster>;

/** Guests that come here from other hosts of the cluster. */
export interface ArrivalService {
  look(cargo: object): Promise<Schemas["PeerMoveProspect"]>;
  begin(order: Schemas["PeerMoveBegin"]): Promise<Operation>;
}

/** Copies of guests' disks on a second host: of this host's guests, and those that it keeps of others'. */
export interface ReplicaService {
  set(ref: string, body: Schemas["ReplicaSet"]): Promise<Operation>;
  remove(ref: string): Promise<Schemas["Guest"]>;
  /** Of a guest of whichever host, by its name or id. */
  promote(ref: string, body: Schemas["ReplicaPromote"]): Promise<Schemas["ReplicaPromoted"]>;
  /** `from`: the host that asks. */
  prepare(
    guest: string,
    from: string,
    body: Schemas["PeerReplicaPrepare"],
  ): Promise<Schemas["PeerReplicaFiles"]>;
  open(guest: string, from: string, body: Schemas["PeerReplicaOpen"]): Promise<Schemas["PeerReplicaCopy"]>;
  keep(guest: string, from: string, body: Schemas["PeerReplicaKeep"]): Promise<Schemas["PeerReplicaCopy"]>;
  close(guest: string, body: Schemas["PeerReplicaClose"]): Promise<Schemas["PeerReplicaCopy"]>;
  drop(guest: string): Promise<Schemas["PeerReplicaCopy"]>;
}

export type VisitService = Pick<Visits, "token" | "list" | "settle" | "enter" | "look" | "begin" | "end">;

export interface Services {
  readonly objects: ObjectService;
  readonly projects: ProjectService;
  readonly guests: GuestService;
  readonly devices: DeviceService;
  readonly snapshots: SnapshotService;
  readonly consoles: ConsoleService;
  readonly recordings: RecordingService;
  readonly sounds: SoundService;
  readonly images: ImageService;
  readonly uploads: UploadService;
  readonly templates: TemplateService;
  readonly firewalls: FirewallService;
  readonly networks: NetworkService;
  readonly drains: DrainService;
  readonly fences: FenceService;
  readonly desktops: DesktopService;
  readonly replicas: ReplicaService;
  readonly pools: PoolService;
  readonly volumes: VolumeService;
  readonly operations: OperationService;
  readonly events: EventService;
  readonly watch: WatchService;
  readonly host: HostService;
  readonly placement: PlacementService;
  readonly access: AccessService;
  readonly audit: AuditService;
  readonly replies: ReplyService;
  readonly webhooks: WebhookService;
  readonly metrics: Pick<MetricsService, "collect">;
  readonly cluster: ClusterService;
  readonly arrivals: ArrivalService;
  readonly visits: VisitService;
}
