/** What is done to an etcd now and then: its leader moved, its files made smaller, its room won back. */
import { EtcdConnection } from "#base/etcd-connection";
import type { EtcdAnswer } from "#base/etcd-endpoints";
import { saveEtcdSnapshot } from "#base/etcd-snapshot";
import { LodgeError } from "#contract/errors";
import { type EtcdAccess, withEtcd, within } from "./access.ts";
import { type EtcdMember, listMembers } from "./members.ts";
import { etcdStatus } from "./status.ts";

/** Milliseconds for which a member may work on its file without a word. */
const defragmentation = 300_000;

/** Makes another voter the leader, so that the one that is can be stopped without an election. @param to its id */
export async function moveLeader(access: EtcdAccess, to: string): Promise<void> {
  const { members, leader } = await etcdStatus(access);
  if (leader === to) return;
  // Only the leader itself gives its leadership away.
  const from = members.find(({ id }) => id === leader);
  if (from?.client === undefined)
    throw new LodgeError("store.etcd_members", { reason: "it has no leader that answers" });
  await withEtcd({ ...access, endpoints: [from.client] }, (endpoints) =>
    endpoints.call("/v3/maintenance/transfer-leadership", { targetID: to }, within),
  );
}

/**
 * Gives the room of what was forgotten back to the disk, one member after the other, the leader last: a member answers
 * nothing meanwhile. One that does not run is left as it is.
 */
export async function defragment(access: EtcdAccess): Promise<void> {
  const { members, leader } = await etcdStatus(access);
  const running = members.filter(({ answers }) => answers !== undefined);
  for (const member of running.toSorted((a, b) => Number(a.id === leader) - Number(b.id === leader)))
    await defragmentOne(member, access);
}

async function defragmentOne({ client }: EtcdMember, { tls }: EtcdAccess): Promise<void> {
  if (client === undefined) return;
  const connection = new EtcdConnection(client, tls);
  try {
    await connection.call("/v3/maintenance/defragment", {}, { patience: defragmentation, leaderless: true });
  } finally {
    connection.close();
  }
}

/**
 * Ends the state in which etcd takes no more because its database is as large as it may be: forgets all history, makes the files
 * smaller, and says that there is room. Where there is none, etcd finds that out again by itself.
 */
export async function makeRoom(access: EtcdAccess): Promise<void> {
  await withEtcd(access, async (endpoints) => {
    const key = { key: Buffer.of(0).toString("base64"), count_only: true };
    const { header } = (await endpoints.call("/v3/kv/range", key, within)) as EtcdAnswer;
    const compaction = { revision: header.revision ?? "0", physical: true };
    await endpoints.call("/v3/kv/compaction", compaction, within).catch(() => undefined);
  });
  await defragment(access);
  await withEtcd(access, async (endpoints) => {
    const alarm = { alarm: "NOSPACE" };
    const raised = (await endpoints.call("/v3/maintenance/alarm", { action: "GET", ...alarm }, within)) as {
      alarms?: readonly { memberID?: string }[];
    };
    for (const { memberID } of raised.alarms ?? [])
      await endpoints.call("/v3/maintenance/alarm", { action: "DEACTIVATE", memberID, ...alarm }, within);
  });
}

/** Writes all that it holds into a file that is not there yet, for its owner alone. */
export const saveSnapshot = (access: EtcdAccess, path: string): Promise<void> =>
  withEtcd(access, (endpoints) => saveEtcdSnapshot(endpoints, path));

/** The client addresses of all members that were ever started. */
export const clientEndpoints = async (access: EtcdAccess): Promise<string[]> =>
  (await listMembers(access)).flatMap(({ client }) => client ?? []);
