/** Takes a host in that shows a token: one transaction uses the token up and makes it a member. */
import { hasCode, LodgeError } from "#contract/errors";
import type { Schemas } from "#contract/schemas";
import type { Clock } from "#base/clock";
import type { SealKey } from "#durable/store/seal";
import type { Store } from "#durable/store/store";
import { listMembers, memberKey, memberNameKey, type MemberRecord } from "../member/record.ts";
import { authorityKey, ClusterAuthority, type AuthorityRecord } from "./authority.ts";
import { readClusterFile } from "./cluster-file.ts";
import { readExternalTls } from "./external-etcd.ts";
import { incarnationKey } from "./incarnation.ts";
import { readLevel, requireUnderstood, type Level } from "./level.ts";
import { findToken } from "./join-token.ts";
import { revokedKey, type RevokedRecord } from "./records.ts";

export interface TakeInParts {
  /** The whole store. */
  readonly all: Store;
  readonly clock: Clock;
  readonly key: SealKey;
  readonly home: string;
}

export const openAuthority = async ({ all, key, clock }: TakeInParts): Promise<ClusterAuthority> =>
  ClusterAuthority.open((await all.get(authorityKey))!.value as AuthorityRecord, key, clock);

/** @throws LodgeError cluster.token_invalid, cluster.name_taken, cluster.wire_mismatch, cluster.host_too_old, cluster.request_invalid */
export async function takeIn(
  parts: TakeInParts,
  { secret, request, name, address, version, wire, witness }: Schemas["PeerJoin"],
): Promise<Schemas["PeerJoined"]> {
  const { all, clock, key, home } = parts;
  const token = await findToken({ store: all, clock }, secret);
  const level = await readLevel(all);
  const members = await listMembers(all);
  requireUnderstood(level, members, { id: request.id, name, wire });
  if (members.some((member) => member.address === address))
    throw new LodgeError("cluster.address_refused", {
      address,
      reason: "another host of the cluster has it",
    });
  const authority = await openAuthority(parts);
  const { certificate, serial, until } = authority.sign(request);
  const member: MemberRecord = {
    id: request.id,
    name,
    address,
    version,
    wire,
    ...(witness ? { witness } : {}),
    state: "active",
    joinedAt: clock.now(),
    certificates: [{ serial, until }],
  };
  await record(all, member, { token, level });
  const file = (await readClusterFile(home))!;
  const revoked = ((await all.get(revokedKey))?.value ?? []) as RevokedRecord;
  const { endpoints, external } = file.etcd;
  const tls = external && (await readExternalTls(home));
  return {
    cluster: file.cluster,
    by: { id: file.host, name: file.name, address: file.address },
    certificate,
    authority: authority.certificate,
    revoked: authority.revocationList(revoked),
    sealKey: Buffer.from(key).toString("base64url"),
    etcd: { endpoints: [...endpoints], ...(external ? { external } : {}), ...(tls ? { tls } : {}) },
  };
}

async function record(
  all: Store,
  member: MemberRecord,
  {
    token,
    level,
  }: { readonly token: { readonly key: string; readonly revision: number }; readonly level: Level },
): Promise<void> {
  const { id, name, joinedAt } = member;
  const keys = [memberKey(id), memberNameKey(name), incarnationKey(id)];
  try {
    await all.transact({
      compare: [token, level.unchanged, ...keys.map((key) => ({ key, revision: "absent" as const }))],
      put: [
        { key: memberKey(id), value: member },
        { key: memberNameKey(name), value: id },
        { key: incarnationKey(id), value: { since: joinedAt, because: "joined" } },
        level.same,
      ],
      delete: [token.key],
    });
  } catch (error) {
    if (!hasCode(error, "store.conflict")) throw error;
    if (await all.get(memberNameKey(name))) throw new LodgeError("cluster.name_taken", { name });
    throw new LodgeError("cluster.token_invalid", {}, { cause: error });
  }
}
