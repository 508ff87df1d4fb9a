/** etcd's command line (etcd.io/docs/v3.4/op-guide/configuration); the same for 3.4 of Debian 12 and 3.5 of Debian 13. */
import { clientUrl, type EtcdFiles, type EtcdPlan, peerUrl } from "./plan.ts";

/**
 * What a transaction of Lodge's may hold (durable/store/store.ts: 128 operations, 1 MiB), and what the store adds to it.
 * etcd's own limits are a little lower.
 */
const limits = { operations: 256, bytes: 2 * 1024 * 1024 };

/** Milliseconds, for hosts some milliseconds apart: a leader that is gone is replaced within two seconds. */
const heartbeat = 100;
const election = 1000;

/** Revisions kept where no daemon compacts: twice what daemons keep. */
const revisionsKept = 200_000;

/** Entries of the log after which it is folded into a snapshot: etcd keeps so many in memory. */
const entriesKept = 10_000;

const gibibyte = 1024 ** 3;

export function etcdArgs(plan: EtcdPlan): string[] {
  return [
    ...flag("name", plan.name),
    ...flag("data-dir", plan.folder),
    ...flag("listen-peer-urls", peerUrl(plan)),
    ...flag("initial-advertise-peer-urls", peerUrl(plan)),
    ...flag("listen-client-urls", clientUrl(plan)),
    ...flag("advertise-client-urls", clientUrl(plan)),
    ...flag("initial-cluster", plan.members.map(({ name, url }) => `${name}=${url}`).join(",")),
    ...flag("initial-cluster-token", plan.token),
    ...flag("initial-cluster-state", plan.state),
    ...flag("heartbeat-interval", heartbeat),
    ...flag("election-timeout", election),
    // A member that was cut off does not unseat the leader when it comes back.
    ...flag("pre-vote", true),
    ...flag("max-txn-ops", limits.operations),
    ...flag("max-request-bytes", limits.bytes),
    ...flag("quota-backend-bytes", plan.quota ?? 8 * gibibyte),
    ...flag("auto-compaction-mode", "revision"),
    ...flag("auto-compaction-retention", revisionsKept),
    ...flag("snapshot-count", entriesKept),
    ...flag("logger", "zap"),
    ...flag("log-outputs", "stderr"),
    ...(plan.tls ? [...tlsFlags("", plan.tls), ...tlsFlags("peer-", plan.tls)] : []),
  ];
}

const flag = (name: string, value: string | number | boolean): string[] => [`--${name}=${value}`];

/** Mutual: whoever has no certificate of this authority gets no word. */
const tlsFlags = (whose: "" | "peer-", { ca, cert, key, revoked }: EtcdFiles): string[] => [
  ...flag(`${whose}client-cert-auth`, true),
  ...flag(`${whose}trusted-ca-file`, ca),
  ...flag(`${whose}cert-file`, cert),
  ...flag(`${whose}key-file`, key),
  ...(revoked === undefined ? [] : flag(whose === "" ? "client-crl-file" : "peer-crl-file", revoked)),
];

/** Is this the process of the member with that folder? */
export const isEtcd = (argv: readonly string[], folder: string): boolean =>
  /(^|\/)etcd$/.test(argv[0] ?? "") && argv.includes(`--data-dir=${folder}`);
