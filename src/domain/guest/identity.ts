/** Who a guest is: made here on the host, applied in the guest by its agent without starting a process. */
import { randomBytes, randomUUID } from "node:crypto";
import type { Clock } from "#base/clock";
import { openSecret, sealSecret, type SealKey } from "#durable/store/seal";
import type { Identity, IdentityFile, IdentityNetwork } from "#hypervisor/agent/identity";
import { makeHostKey } from "#hypervisor/agent/ssh-keys";
import { seedFiles } from "#hypervisor/image/seed-contents";
import { balloonAddress } from "#hypervisor/qemu/argv";
import type { RecordedNic } from "../network/member.ts";
import type { NicSettings } from "../network/plan.ts";
import type { GuestRecord, GuestSecrets } from "./record.ts";

/** The parts of a record that make a machine another than all others. */
export interface NewIdentity {
  readonly uuid: string;
  readonly vmgenid: string;
  readonly machineId: string;
  readonly agentSession: string;
  readonly secrets: string;
}

/** What seals a guest's secrets, besides the key: they open for this guest alone. */
export const secretsContext = (id: string) => `guest ${id}`;

export function newIdentity(
  id: string,
  hostname: string,
  userData: string | undefined,
  key: SealKey,
): NewIdentity {
  const secrets: GuestSecrets = {
    sshHostKey: makeHostKey(hostname),
    ...(userData === undefined ? {} : { userData }),
  };
  return {
    uuid: randomUUID(),
    vmgenid: randomUUID(),
    machineId: randomBytes(16).toString("hex"),
    agentSession: randomBytes(16).toString("hex"),
    secrets: sealSecret(key, JSON.stringify(secrets), secretsContext(id)),
  };
}

export const guestSecrets = (record: Pick<GuestRecord, "id" | "secrets">, key: SealKey): GuestSecrets =>
  JSON.parse(openSecret(key, record.secrets, secretsContext(record.id))) as GuestSecrets;

/** What cloud-init is told: NoCloud's files by their names. */
export function seedOf(record: GuestRecord, key: SealKey): Record<string, string> {
  const { userData, sshHostKey } = guestSecrets(record, key);
  return seedFiles({
    instanceId: record.id,
    hostname: record.hostname,
    sshKeys: record.sshKeys,
    hostKey: sshHostKey,
    ...(userData === undefined ? {} : { userData }),
  });
}

const seedFolder = "/var/lib/cloud/seed/nocloud";
/** cloud-init's note of the instance that has had its first boot. */
const instanceFile = "/var/lib/cloud/data/instance-id";
const hostKeyFile = "/etc/ssh/ssh_host_ed25519_key";

/**
 * Everything a fork has to become itself. Its cloud-init will find its own instance at the next boot: the
 * seed lies in the guest, and its state says that this instance has had its first boot.
 */
export function forkIdentity(
  record: GuestRecord,
  key: SealKey,
  clock: Clock,
  settings: readonly (NicSettings | undefined)[],
): Identity {
  const { sshHostKey, userData } = guestSecrets(record, key);
  // With user data cloud-init runs in full and writes its state itself.
  const instance = userData === undefined ? `${record.id}\n` : "";
  return {
    hostname: record.hostname,
    machineId: record.machineId,
    entropy: randomBytes(64),
    clock: BigInt(Math.round(clock.now())) * 1_000_000n,
    files: [
      ...hostKeyFiles(sshHostKey.privateKey, sshHostKey.publicKey),
      ...(record.cloudInit ? cloudFiles(seedOf(record, key), instance) : []),
    ],
    keys: record.sshKeys.length > 0 ? keysFor(record) : [],
    networks: cards(record.nics, settings),
    // Of memory that is shared nothing can be given back: docs/decisions/0011-balloon.md.
    release: record.machine.balloon ? [balloonAddress] : [],
  };
}

/** Of several, each is found by the MAC of the card that it is the twin of. */
function cards(
  nics: readonly RecordedNic[],
  settings: readonly (NicSettings | undefined)[],
): IdentityNetwork[] {
  // One way out is enough, and the first card's that has one is it.
  const leads = settings.findIndex((each) => each?.gateway !== undefined);
  return nics.map(({ mac, was }, i) => ({
    ...(nics.length > 1 && was !== undefined ? { mac: was } : {}),
    newMac: mac,
    ...settings[i],
    ...(i === leads ? {} : { gateway: undefined, gateway6: undefined }),
  }));
}

/**
 * The files of forkIdentity(), empty. They lie in a template, since writing to a file that is there is a
 * third of the work of making one, and all of it counts: each fork translates the kernel's code anew.
 */
export function blankIdentity(cloudInit: boolean): Identity {
  const blank = { "meta-data": "", "user-data": "", "vendor-data": "" };
  return { files: [...hostKeyFiles("", ""), ...(cloudInit ? cloudFiles(blank, "") : [])] };
}

const hostKeyFiles = (privateKey: string, publicKey: string): IdentityFile[] => [
  { path: hostKeyFile, data: privateKey, mode: 0o600 },
  { path: `${hostKeyFile}.pub`, data: publicKey },
];

const cloudFiles = (seed: Readonly<Record<string, string>>, instance: string): IdentityFile[] => [
  ...Object.entries(seed).map(([name, data]) => ({ path: `${seedFolder}/${name}`, data, mode: 0o600 })),
  { path: instanceFile, data: instance },
];

function keysFor(record: GuestRecord) {
  const lines = record.sshKeys.join("\n");
  const users = record.defaultUser === undefined ? ["root"] : [record.defaultUser];
  return users.map((user) => ({ user, lines }));
}
