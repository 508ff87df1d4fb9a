/**
 * How a host's state crosses over: from its own SQLite file into the cluster's store, or out of that. It happens between two
 * daemons, when nobody writes to either: the one before writes down what is to be done and ends, the one after does it
 * before it opens anything. Guests run on throughout.
 *
 *   HOME/cluster/crossing.json    what is to be done; of one that failed, why. Nothing else has changed then
 *   HOME/cluster.json             written last: from then on it is done
 *
 * A crossing that was cut short is begun anew, over what it left.
 */
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { asLodgeError, type Problem } from "#contract/errors";
import type { Clock } from "#base/clock";
import type { Log } from "#base/log";
import { operationKey } from "#durable/operation/record";
import { isSealed } from "#durable/store/seal";
import { isOwn, locate } from "#durable/store/partition";
import { openSqliteStore } from "#durable/store/sqlite";
import type { Item, Put, Store } from "#durable/store/store";
import { imageNameKey, imagePrefix, imageProject, type ImageRecord } from "../image/record.ts";
import { memberKey, memberNameKey, type MemberRecord } from "../member/record.ts";
import { authorityKey, type AuthorityRecord } from "./authority.ts";
import { carryInto } from "./carry.ts";
import { readClusterFile, removeClusterFile, writeClusterFile, type ClusterFile } from "./cluster-file.ts";
import { clusterFolder, removeEtcd } from "./etcd-plan.ts";
import { replace } from "./host-identity.ts";
import { incarnationKey } from "./incarnation.ts";
import { newLevel } from "./level.ts";
import { clear, putOut } from "./put-out.ts";
import { clusterKey, type ClusterRecord } from "./records.ts";
import { restoreCluster } from "./restore.ts";

export type Crossing =
  | {
      readonly kind: "init";
      readonly file: ClusterFile;
      readonly cluster: ClusterRecord;
      readonly authority: AuthorityRecord;
      readonly member: MemberRecord;
      readonly failed?: Problem;
    }
  | { readonly kind: "join"; readonly file: ClusterFile; readonly failed?: Problem }
  | { readonly kind: "leave"; readonly operation: string; readonly failed?: Problem }
  | { readonly kind: "restore"; readonly backup: string; readonly failed?: Problem };

const crossingFile = (home: string): string => join(clusterFolder(home), "crossing.json");

export async function readCrossing(home: string): Promise<Crossing | undefined> {
  const text = await readFile(crossingFile(home), "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  return text === undefined ? undefined : (JSON.parse(text) as Crossing);
}

export const writeCrossing = (home: string, crossing: Crossing): Promise<void> =>
  replace(crossingFile(home), JSON.stringify(crossing), 0o600);

export const removeCrossing = (home: string): Promise<void> => rm(crossingFile(home), { force: true });

export interface CrossingParts {
  readonly home: string;
  /** The host's own SQLite file. */
  readonly path: string;
  /** Opens the cluster's store. */
  readonly openCluster: (file: ClusterFile) => Promise<Store>;
  readonly clock: Clock;
  readonly log: Log;
}

/** Does what an earlier daemon wrote down, where there is something. What fails is written down in turn. */
export async function crossOver(parts: CrossingParts): Promise<void> {
  const { home, log } = parts;
  const crossing = await readCrossing(home);
  if (!crossing || crossing.failed) return;
  log.info({ kind: crossing.kind }, "this host's state crosses over");
  try {
    if (crossing.kind === "leave") await comeBack(parts, crossing);
    else if (crossing.kind === "restore") {
      await restoreCluster(parts, crossing.backup);
      await removeCrossing(home);
    } else await goOver(parts, crossing);
  } catch (error) {
    log.error({ err: error }, "this host's state did not cross over; it is where it was");
    await writeCrossing(home, { ...crossing, failed: asLodgeError(error).toProblem() });
    return;
  }
  log.info({ kind: crossing.kind }, "this host's state has crossed over");
}

async function goOver(
  parts: CrossingParts,
  crossing: Extract<Crossing, { kind: "init" | "join" }>,
): Promise<void> {
  const { home, path, openCluster, log } = parts;
  const { file } = crossing;
  if (await readClusterFile(home)) return removeCrossing(home);
  const to = await openCluster(file);
  const from = await openSqliteStore(path);
  try {
    const host = { id: file.host, name: file.name };
    const common = { from, to, host, signal: new AbortController().signal };
    let told = 0;
    const progress = (fraction: number) => {
      if (fraction - told >= 0.1 || fraction === 1)
        log.info({ fraction: (told = fraction) }, "records are carried");
    };
    if (crossing.kind === "init") {
      await clear(to, () => true);
      const count = await carryInto({ ...common, progress });
      log.info({ records: count }, "all records are there");
      await to.transact({ put: beginnings(crossing, parts.clock.now()) });
    } else {
      await clear(to, ({ key }) => locate(key).host === file.host);
      const takes = await whatJoins(from, to);
      await carryInto({ ...common, progress, takes });
    }
    await writeClusterFile(home, file);
    await removeCrossing(home);
  } finally {
    await from.close();
    await to.close();
  }
}

const beginnings = (
  { cluster, authority, member }: Extract<Crossing, { kind: "init" }>,
  now: number,
): Put[] => [
  { key: clusterKey, value: cluster },
  { key: authorityKey, value: authority },
  { key: memberKey(member.id), value: member },
  { key: memberNameKey(member.name), value: member.id },
  newLevel(member.wire),
  { key: incarnationKey(member.id), value: { since: now, because: "joined" } },
];

/** What a host that joins keeps of its own: what is about the computer, its pools, and images whose names are free there. */
const kept = ["host/", "settings/", "pools/", "operations/"];

async function whatJoins(from: Store, to: Store): Promise<(item: Item) => boolean> {
  const images = new Set<string>();
  for (const { key, value } of (await from.list(imagePrefix)).items) {
    const image = value as ImageRecord;
    const name = imageNameKey(imageProject(image), image.name);
    if (image.state !== "ready" || (await to.get(name))) continue;
    images.add(key).add(name);
  }
  return ({ key }) => images.has(key) || (isOwn(key) && kept.some((prefix) => key.startsWith(prefix)));
}

/** What of a host's own would not open in the cluster, which has a key of its own: in words; undefined: nothing. */
export async function sealedOwn(store: Store): Promise<string | undefined> {
  const found = (await store.list("")).items.find(
    ({ key, value }) => kept.some((prefix) => key.startsWith(prefix)) && holdsSealed(value),
  );
  return found?.key;
}

function holdsSealed(value: unknown): boolean {
  if (typeof value === "string") return isSealed(value);
  return typeof value === "object" && value !== null && Object.values(value).some(holdsSealed);
}

/**
 * The host stands alone again, with its own SQLite file of before, of which what lies in the cluster by now is forgotten: guests,
 * images and volumes. Files that belong to nothing are swept as the daemon starts.
 */
async function comeBack(
  { home, path, openCluster, clock }: CrossingParts,
  { operation }: Extract<Crossing, { kind: "leave" }>,
): Promise<void> {
  const file = await readClusterFile(home);
  if (file) {
    const [own, all] = [await openSqliteStore(path), await openCluster(file)];
    try {
      await clear(own, ({ key }) => isOwn(key) && !key.startsWith("host/") && !key.startsWith("settings/"));
      await clear(own, ({ key }) => key.startsWith("image-names/") || key.startsWith("volume-names/"));
      await clear(own, ({ key }) => key.startsWith("addresses/"));
      const record = await all.get(`operations/@${file.host}/${operation}`);
      if (record) await own.transact({ put: [{ key: operationKey(operation), value: record.value }] });
      await putOut(
        all,
        (await all.get(memberKey(file.host)))?.value as MemberRecord | undefined,
        clock.now(),
      );
    } finally {
      await own.close();
      await all.close();
    }
    await removeClusterFile(home);
  }
  await removeEtcd(home);
  await rm(clusterFolder(home), { recursive: true, force: true });
}
