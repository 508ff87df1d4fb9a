/** Takes a host in that shows a token: one transaction uses the token up and makes it a member. */
import { hasCode, LodgeError } from "#contract/errors";
import type { Schemas } from "#contract/schemas";
import { speakTogether } from "#contract/wire";
import type { Clock } from "#base/clock";
import type { SealKey } from "#durable/store/seal";
import type { Store } from "#durable/store/store";
import { listMembers, memberKey, memberNameKey, type MemberRecord } from "../member/record.ts";
import { authorityKey, ClusterAuthority, type AuthorityRecord } from "./authority.ts";
import { readClusterFile } from "./cluster-file.ts";
import { incarnationKey } from "./incarnation.ts";
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

/** @throws LodgeError cluster.token_invalid, cluster.name_taken, cluster.wire_mismatch, cluster.request_invalid */
export async function takeIn(
  parts: TakeInParts,
  { secret, request, name, address, version, wire, witness }: Schemas["PeerJoin"],
): Promise<Schemas["PeerJoined"]> {
  const { all, clock, key, home } = parts;
  const token = await findToken({ store: all, clock }, secret);
  const members = await listMembers(all);
  requireTogether(members, { name, wire });
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
  await record(all, member, token);
  const file = (await readClusterFile(home))!;
  const revoked = ((await all.get(revokedKey))?.value ?? []) as RevokedRecord;
  const { endpoints, external } = file.etcd;
  return {
    cluster: file.cluster,
    by: { id: file.host, name: file.name, address: file.address },
    certificate,
    authority: authority.certificate,
    revoked: authority.revocationList(revoked),
    sealKey: Buffer.from(key).toString("base64url"),
    etcd: { endpoints: [...endpoints], ...(external ? { external } : {}) },
  };
}

function requireTogether(
  members: readonly MemberRecord[],
  { name, wire }: Pick<MemberRecord, "name" | "wire">,
): void {
  const other = members.find((member) => !speakTogether(member.wire, wire));
  if (other) throw new LodgeError("cluster.wire_mismatch", { host: name, theirs: wire, own: other.wire });
}

async function record(
  all: Store,
  member: MemberRecord,
  token: { readonly key: string; readonly revision: number },
): Promise<void> {
  const { id, name, joinedAt } = member;
  const keys = [memberKey(id), memberNameKey(name), incarnationKey(id)];
  try {
    await all.transact({
      compare: [token, ...keys.map((key) => ({ key, revision: "absent" as const }))],
      put: [
        { key: memberKey(id), value: member },
        { key: memberNameKey(name), value: id },
        { key: incarnationKey(id), value: { since: joinedAt, because: "joined" } },
      ],
      delete: [token.key],
    });
  } catch (error) {
    if (!hasCode(error, "store.conflict")) throw error;
    if (await all.get(memberNameKey(name))) throw new LodgeError("cluster.name_taken", { name });
    throw new LodgeError("cluster.token_invalid", {}, { cause: error });
  }
}
