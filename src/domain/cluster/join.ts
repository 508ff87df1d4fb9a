/**
 * Has this host join a cluster:
 *
 *   fresh? ──► asks a member, with the token and a key of its own ──► certificate, the key that seals secrets, where etcd is
 *          ──► the daemon ends, the next one carries over what is the computer's own and goes on as a member
 *
 * What fails after the member has taken it in is undone there as well.
 */
import { mkdir, rm } from "node:fs/promises";
import { LodgeError } from "#contract/errors";
import type { Schemas } from "#contract/schemas";
import { wire } from "#contract/wire";
import { newId } from "#base/ids";
import { defineOperation } from "#durable/operation/define";
import type { Store } from "#durable/store/store";
import { askToJoin } from "#client/join";
import { Peers } from "#client/peers";
import { volumePrefix } from "../volume/record.ts";
import { guestPrefix } from "../guest/record.ts";
import { readClusterFile, type ClusterFile } from "./cluster-file.ts";
import { sealedOwn, writeCrossing } from "./crossing.ts";
import { parseDoor } from "./door-address.ts";
import { clusterFolder, sealKeyFile } from "./etcd-plan.ts";
import { writeExternalTls } from "./external-etcd.ts";
import { HostIdentity, identityFiles, newHost, replace } from "./host-identity.ts";
import { ended, requireNotFailed, type CrossingOperationParts } from "./init.ts";
import { readToken } from "./join-token.ts";

export interface JoinInput {
  readonly file: ClusterFile;
  /** The member that took it in. */
  readonly by: { readonly id: string; readonly name: string; readonly address: string };
}

/** Only a host without anything that would be lost may join. @throws LodgeError cluster.not_fresh */
export async function requireFresh(store: Store): Promise<void> {
  for (const [prefix, what] of [
    [guestPrefix, "guests"],
    [volumePrefix, "volumes"],
  ] as const)
    if ((await store.list(prefix, { limit: 1 })).items.length > 0)
      throw new LodgeError("cluster.not_fresh", { what });
  const sealed = await sealedOwn(store);
  if (sealed !== undefined)
    throw new LodgeError("cluster.not_fresh", { what: `a secret of its own in ${sealed}` });
}

export interface AskParts extends Pick<CrossingOperationParts, "home" | "clock" | "version"> {
  readonly token: string;
  readonly name: string;
  /** "HOST:PORT" of the peer door. */
  readonly address: string;
  readonly witness?: true;
}

/**
 * Asks a member to be taken in, and keeps what it gives: from then on this host is known there.
 * @throws LodgeError cluster.token_malformed, what client/join.ts throws
 */
export async function askForMembership(parts: AskParts): Promise<JoinInput> {
  const { home, clock, version, name, address, witness } = parts;
  const { addresses, fingerprint, secret } = readToken(parts.token);
  const id = newId("h");
  const { request, key } = await newHost(id, [parseDoor(address).host]);
  const asked = {
    secret,
    request: { ...request, addresses: [...request.addresses] },
    name,
    address,
    version,
    wire,
  };
  const body = { ...asked, ...(witness ? { witness } : {}) };
  const given = await askToJoin({ addresses, fingerprint, body });
  await keep(home, given);
  await HostIdentity.write(clusterFolder(home), clock, {
    ca: given.authority,
    cert: given.certificate,
    key,
  });
  const { endpoints, external } = given.etcd;
  const etcd = { endpoints, ...(external ? { external } : {}) };
  const file = { cluster: given.cluster, host: id, name, address, ...(witness ? { witness } : {}), etcd };
  return { file, by: given.by };
}

async function keep(home: string, { sealKey, revoked, etcd }: Schemas["PeerJoined"]): Promise<void> {
  const folder = clusterFolder(home);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await replace(sealKeyFile(home), Buffer.from(sealKey, "base64url"), 0o600);
  await replace(identityFiles(folder).revoked, revoked, 0o644);
  if (etcd.tls) await writeExternalTls(home, etcd.tls);
}

/** Gives back what was asked for: the cluster forgets this host, and this host the cluster. */
export async function giveUp(
  { home, clock }: Pick<CrossingOperationParts, "home" | "clock">,
  { by }: Pick<JoinInput, "by">,
): Promise<void> {
  if (await readClusterFile(home)) return;
  const identity = await HostIdentity.open(clusterFolder(home), clock).catch(() => undefined);
  if (!identity) return;
  const peers = new Peers({ find: () => by, identity: () => identity.current() });
  try {
    await peers.call(by.id, "peerLeave");
  } catch {
    // It is shown there as a host that does not answer, and can be removed.
  } finally {
    peers.close();
  }
  await rm(clusterFolder(home), { recursive: true, force: true });
}

export function defineJoin(parts: CrossingOperationParts) {
  const { home } = parts;
  return defineOperation<JoinInput, object, { readonly cluster: string; readonly host: string }>({
    kind: "cluster.join",
    resume: "forward",
    steps: [
      {
        name: "identity",
        do: async () => undefined,
        undo: ({ input }) => giveUp(parts, input),
      },
      {
        name: "move",
        cancellable: false,
        async do({ input, progress, signal }) {
          if (await readClusterFile(home)) return;
          progress({ message: "Moving this host's own records", fraction: 0.5 });
          await requireNotFailed(home);
          await writeCrossing(home, { kind: "join", file: input.file });
          parts.beginAnew();
          await ended(signal);
        },
      },
    ],
    result: ({ input }) => ({ cluster: input.file.cluster, host: input.file.name }),
  });
}
