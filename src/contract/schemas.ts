/** The schemas that routes.ts names, for validation and documentation. The server alone loads this. */
import { Type, type Static } from "./schema/type.ts";
import * as access from "./schema/access.ts";
import * as arrival from "./schema/arrival.ts";
import * as audit from "./schema/audit.ts";
import * as cluster from "./schema/cluster.ts";
import * as console from "./schema/console.ts";
import * as desktop from "./schema/desktop.ts";
import * as desktopLine from "./schema/desktop-line.ts";
import * as desktopPool from "./schema/desktop-pool.ts";
import * as device from "./schema/device.ts";
import * as disk from "./schema/disk.ts";
import * as feed from "./schema/feed.ts";
import * as drain from "./schema/drain.ts";
import * as fence from "./schema/fence.ts";
import * as replica from "./schema/replica.ts";
import * as firewall from "./schema/firewall.ts";
import * as guest from "./schema/guest.ts";
import * as host from "./schema/host.ts";
import * as image from "./schema/image.ts";
import * as move from "./schema/move.ts";
import * as network from "./schema/network.ts";
import * as placement from "./schema/placement.ts";
import * as pool from "./schema/pool.ts";
import * as provider from "./schema/provider.ts";
import * as project from "./schema/project.ts";
import * as quota from "./schema/quota.ts";
import * as share from "./schema/share.ts";
import * as snapshot from "./schema/snapshot.ts";
import * as recording from "./schema/recording.ts";
import { OperationSchema } from "./schema/operation.ts";
import * as stream from "./schema/stream.ts";
import * as upload from "./schema/upload.ts";
import * as watch from "./schema/watch.ts";
import * as volume from "./schema/volume.ts";
import * as webhook from "./schema/webhook.ts";

const strict = { additionalProperties: false } as const;

/** What every list of pages takes. */
const page = {
  limit: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 1000, description: "At most so many at once. Default 100." }),
  ),
  cursor: Type.Optional(
    Type.String({ maxLength: 256, description: "The `next` of the page before, with the same filters." }),
  ),
};
const label = Type.Optional(Type.String({ maxLength: 320, description: "key or key=value" }));
const part = Type.Optional(Type.String({ maxLength: 63, description: "Only names that hold this text." }));

export const schemas = {
  Guest: guest.Guest,
  GuestCreate: guest.GuestCreate,
  GuestUpdate: guest.GuestUpdate,
  GuestStop: guest.GuestStop,
  GuestFork: guest.GuestFork,
  GuestDrive: guest.GuestDrive,
  MoveWishes: move.MoveWishes,
  GuestMove: move.GuestMove,
  MoveProspect: move.MoveProspect,
  PeerMoveLook: move.PeerMoveLook,
  PeerMoveBegin: move.PeerMoveBegin,
  PeerMoveProspect: move.PeerMoveProspect,
  GuestFacts: guest.GuestFacts,
  DiskAdd: disk.DiskAdd,
  DiskResize: disk.DiskResize,
  NicAdd: network.NicAdd,
  ShareAdd: share.ShareAdd,
  HostDevice: device.HostDevice,
  DeviceAttach: device.DeviceAttach,
  DisplayTicketCreate: console.DisplayTicketCreate,
  DisplayTicket: console.DisplayTicket,
  DisplayQuery: console.DisplayQuery,
  ConsoleQuery: console.ConsoleQuery,
  PortQuery: console.PortQuery,
  RecordingCreate: recording.RecordingCreate,
  Recording: recording.Recording,
  RecordingQuery: Type.Object(
    {
      guest: Type.Optional(Type.String({ maxLength: 128, description: "Only those of this guest." })),
      ...page,
    },
    strict,
  ),
  GuestQuery: Type.Object(
    {
      label,
      state: Type.Optional(guest.GuestStateName),
      name: part,
      image: Type.Optional(Type.String({ maxLength: 128, description: "Only those made from this image." })),
      ...page,
    },
    strict,
  ),
  GuestRemoveQuery: Type.Object(
    {
      force: Type.Optional(Type.Boolean({ description: "Also one that runs: it is switched off." })),
      snapshots: Type.Optional(Type.Boolean({ description: "With its snapshots, where it has any." })),
    },
    strict,
  ),
  Snapshot: snapshot.Snapshot,
  SnapshotCreate: snapshot.SnapshotCreate,
  SnapshotUpdate: snapshot.SnapshotUpdate,
  SnapshotRestore: snapshot.SnapshotRestore,
  SnapshotFork: snapshot.SnapshotFork,
  SnapshotPrune: snapshot.SnapshotPrune,
  LogQuery: Type.Object(
    {
      source: Type.Optional(Type.Union([Type.Literal("serial"), Type.Literal("qemu")])),
      tail: Type.Optional(Type.Integer({ minimum: 1, maximum: 100000, description: "Lines." })),
    },
    strict,
  ),
  Image: image.Image,
  ImageQuery: Type.Object(
    {
      label,
      name: part,
      kind: Type.Optional(Type.Union([Type.Literal("disk"), Type.Literal("iso")])),
      ...page,
    },
    strict,
  ),
  ImageBuild: image.ImageBuild,
  ImageImport: image.ImageImport,
  ImagePull: image.ImagePull,
  ImageUpdate: image.ImageUpdate,
  ImageCreate: image.ImageCreate,
  Upload: upload.Upload,
  UploadCreate: upload.UploadCreate,
  UploadImport: upload.UploadImport,
  Recipe: image.Recipe,
  Template: image.Template,
  TemplateBuild: image.TemplateBuild,
  TemplateBudget: image.TemplateBudget,
  TemplateBudgetUpdate: image.TemplateBudgetUpdate,
  SignInOptions: access.SignInOptions,
  SignIn: access.SignIn,
  LinkCode: access.LinkCode,
  Redeem: access.Redeem,
  PasswordChange: access.PasswordChange,
  Link: access.Link,
  MadeLink: access.MadeLink,
  Identity: access.Identity,
  OwnerQuery: access.OwnerQuery,
  Session: access.Session,
  User: access.User,
  UserCreate: access.UserCreate,
  UserUpdate: access.UserUpdate,
  UserReset: access.UserReset,
  PasswordProof: access.PasswordProof,
  TotpSecret: access.TotpSecret,
  TotpCode: access.TotpCode,
  RecoveryCodes: access.RecoveryCodes,
  Token: access.Token,
  TokenCreate: access.TokenCreate,
  MadeToken: access.MadeToken,
  PasskeyOptions: access.PasskeyOptions,
  PasskeySignIn: access.PasskeySignIn,
  PasskeyAdd: access.PasskeyAdd,
  Passkey: access.Passkey,
  Provider: provider.Provider,
  ProviderCreate: provider.ProviderCreate,
  ProviderTest: provider.ProviderTest,
  DirectoryFinding: provider.DirectoryFinding,
  OidcBegun: provider.OidcBegun,
  OidcSignIn: provider.OidcSignIn,
  OutboundRules: access.OutboundRules,
  Project: project.Project,
  ProjectCreate: project.ProjectCreate,
  ProjectUpdate: project.ProjectUpdate,
  ProjectUsage: quota.ProjectUsage,
  QuotaChange: quota.QuotaChange,
  HostPromise: quota.HostPromise,
  HostUpdate: quota.HostUpdate,
  Member: project.Member,
  MemberGrant: project.MemberGrant,
  DrainPlan: drain.DrainPlan,
  DrainBody: drain.DrainBody,
  ResumeBody: drain.ResumeBody,
  Replica: replica.Replica,
  ReplicaSet: replica.ReplicaSet,
  ReplicaPromote: replica.ReplicaPromote,
  ReplicaPromoted: replica.ReplicaPromoted,
  PeerReplicaPrepare: replica.PeerReplicaPrepare,
  PeerReplicaFiles: replica.PeerReplicaFiles,
  PeerReplicaOpen: replica.PeerReplicaOpen,
  PeerReplicaKeep: replica.PeerReplicaKeep,
  PeerReplicaClose: replica.PeerReplicaClose,
  PeerReplicaCopy: replica.PeerReplicaCopy,
  Fence: fence.Fence,
  FenceCreate: fence.FenceCreate,
  PlacementDecision: placement.PlacementDecision,
  HostTraits: placement.HostTraits,
  HostTraitsUpdate: placement.HostTraitsUpdate,
  PlacementSettings: placement.PlacementSettings,
  PlacementSettingsUpdate: placement.PlacementSettingsUpdate,
  RebalancePlan: placement.RebalancePlan,
  ReserveCheck: placement.ReserveCheck,
  PlannedRebalance: placement.PlannedRebalance,
  Pool: pool.Pool,
  PoolCreate: pool.PoolCreate,
  PoolUpdate: pool.PoolUpdate,
  Volume: volume.Volume,
  VolumeCreate: volume.VolumeCreate,
  VolumeResize: volume.VolumeResize,
  VolumeClone: volume.VolumeClone,
  VolumeMove: volume.VolumeMove,
  VolumeAttach: volume.VolumeAttach,
  VolumeDetach: volume.VolumeDetach,
  DesktopPool: desktopPool.DesktopPool,
  DesktopPoolCreate: desktopPool.DesktopPoolCreate,
  DesktopPoolUpdate: desktopPool.DesktopPoolUpdate,
  Desktop: desktop.Desktop,
  DesktopReport: desktop.DesktopReport,
  DesktopQuery: desktop.DesktopQuery,
  DesktopOffer: desktop.DesktopOffer,
  DesktopConnect: desktop.DesktopConnect,
  DesktopConnection: desktop.DesktopConnection,
  DesktopEnd: desktop.DesktopEnd,
  DesktopMessage: desktop.DesktopMessage,
  DesktopShadow: desktop.DesktopShadow,
  DesktopShadowing: desktop.DesktopShadowing,
  DesktopTicket: desktop.DesktopTicket,
  DesktopFile: desktop.DesktopFile,
  DesktopFileQuery: desktop.DesktopFileQuery,
  DesktopPoolDeleteQuery: Type.Object(
    {
      force: Type.Optional(
        Type.Boolean({ description: "Also one of which people have desktops: they are ended." }),
      ),
    },
    strict,
  ),
  Webhook: webhook.Webhook,
  WebhookCreate: webhook.WebhookCreate,
  WebhookUpdate: webhook.WebhookUpdate,
  WebhookRotate: webhook.WebhookRotate,
  MadeWebhook: webhook.MadeWebhook,
  WebhookMessage: webhook.WebhookMessage,
  Delivery: webhook.Delivery,
  AuditEntry: audit.AuditEntry,
  AuditQuery: audit.AuditQuery,
  Firewall: firewall.Firewall,
  FirewallCreate: firewall.FirewallCreate,
  FirewallUpdate: firewall.FirewallUpdate,
  FirewallUsers: firewall.FirewallUsers,
  FirewallUse: firewall.FirewallUse,
  FirewallRule: firewall.FirewallRule,
  FirewallLogLine: firewall.FirewallLogLine,
  NewFirewallRule: firewall.NewFirewallRule,
  NicPin: firewall.NicPin,
  GuestAddress: firewall.GuestAddress,
  NicDrops: firewall.NicDrops,
  Network: network.Network,
  NetworkCreate: network.NetworkCreate,
  NetworkUpdate: network.NetworkUpdate,
  ImageManifest: cluster.ImageManifest,
  ImagePieceQuery: cluster.ImagePieceQuery,
  HomeFile: cluster.HomeFile,
  HomePieceQuery: cluster.HomePieceQuery,
  HomeTidied: cluster.HomeTidied,
  Underlay: network.Underlay,
  UnderlaySet: network.UnderlaySet,
  PeerHello: cluster.PeerHello,
  ClusterHost: cluster.ClusterHost,
  ClusterStatus: cluster.ClusterStatus,
  Arrival: arrival.Arrival,
  ArrivalTokenCreate: arrival.ArrivalTokenCreate,
  ArrivalToken: arrival.ArrivalToken,
  ArrivalSettle: arrival.ArrivalSettle,
  ArrivalSettled: arrival.ArrivalSettled,
  VisitEnter: arrival.VisitEnter,
  VisitHost: arrival.VisitHost,
  VisitCargo: arrival.VisitCargo,
  VisitProspect: arrival.VisitProspect,
  VisitEnd: arrival.VisitEnd,
  VisitOutcome: arrival.VisitOutcome,
  ClusterInit: cluster.ClusterInit,
  ClusterTokenCreate: cluster.ClusterTokenCreate,
  ClusterToken: cluster.ClusterToken,
  ClusterJoin: cluster.ClusterJoin,
  ClusterRemoveQuery: cluster.ClusterRemoveQuery,
  ClusterFileBody: cluster.ClusterFileBody,
  ClusterBackup: cluster.ClusterBackup,
  PeerJoin: cluster.PeerJoin,
  PeerJoined: cluster.PeerJoined,
  Host: host.Host,
  Check: host.Check,
  Event: host.Event,
  Operation: OperationSchema,
  OperationQuery: Type.Object(
    {
      target: Type.Optional(Type.String({ examples: ["guest:g0123456789"] })),
      status: Type.Optional(Type.String({ examples: ["running"] })),
      kind: Type.Optional(Type.String({ examples: ["guest.create"] })),
      ...page,
    },
    strict,
  ),
  WaitQuery: Type.Object(
    {
      seconds: Type.Optional(Type.Number({ minimum: 0, maximum: 60, default: 30 })),
      /** Return at once when the operation differs from this progress sequence. */
      seen: Type.Optional(Type.Integer({ minimum: 0 })),
    },
    strict,
  ),
  EventQuery: Type.Object(
    {
      after: Type.Optional(Type.String({ description: "Of the log alone: events after this one's id." })),
      from: Type.Optional(
        Type.String({ maxLength: 256, description: "Go on from here: the `at` of a frame or a list." }),
      ),
      kinds: Type.Optional(
        Type.String({
          pattern: `^(${feed.feedKinds.join("|")})(,(${feed.feedKinds.join("|")}))*$`,
          maxLength: 256,
          description: `What to tell of, separated by commas: ${feed.feedKinds.join(", ")}. Default: event.`,
          examples: ["event,guest,operation,usage"],
        }),
      ),
      guest: Type.Optional(Type.String({ maxLength: 128, description: "Only what is about this guest." })),
      host: Type.Optional(
        Type.String({
          maxLength: 64,
          description:
            "The host of the cluster whose stream it is, by its name: what its guests use, and its pools, volumes and templates, are told by that host alone. For those who cannot say it by `lodge-host`.",
        }),
      ),
    },
    strict,
  ),
  EventListQuery: Type.Object(
    {
      guest: Type.Optional(Type.String({ maxLength: 128, description: "Only what is about this guest." })),
      kind: Type.Optional(
        Type.String({
          maxLength: 64,
          description: "Only this kind, or with a dot at its end all that begin so.",
        }),
      ),
      ...page,
    },
    strict,
  ),
  Change: feed.Change,
  Usage: feed.Usage,
  UsageQuery: watch.UsageQuery,
  UsagePoint: watch.UsagePoint,
  UsageSeries: watch.UsageSeries,
  StorageItem: watch.StorageItem,
  Storage: watch.Storage,
  CloudInit: watch.CloudInit,
  ExecStart: stream.ExecStartSchema,
  ConsoleStart: stream.ConsoleStartSchema,
  FileStart: stream.FileStartSchema,
  DropStart: stream.DropStartSchema,
  DesktopShadowAnswered: desktopLine.ShadowAnsweredSchema,
  DesktopMeasured: desktopLine.MeasuredSchema,
  DesktopPresent: desktopLine.PresentSchema,
  DesktopEndShadow: desktopLine.EndShadowSchema,
  Eof: stream.EofSchema,
  Resize: stream.ResizeSchema,
  Signal: stream.SignalSchema,
  ShutdownBody: Type.Object(
    {
      guests: Type.Optional(Type.Boolean({ description: "Shut the guests down first." })),
      uninstall: Type.Optional(
        Type.Boolean({ description: "End the guests and take Lodge's networks off this host." }),
      ),
      host: Type.Optional(
        Type.Boolean({
          description:
            "The host shuts down: suspend or stop each guest as it asks for; they come back with the next start.",
        }),
      ),
      timeout: Type.Optional(
        Type.Integer({
          minimum: 1,
          maximum: 3600,
          description: "Seconds that all guests get together; whatever runs then is switched off.",
        }),
      ),
    },
    strict,
  ),
} as const;

export type Schemas = { [K in keyof typeof schemas]: Static<(typeof schemas)[K]> };
