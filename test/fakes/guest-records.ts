/** Records of guests that rest, as the store keeps them: for what has to do with many. */
import type { SealKey } from "#durable/store/seal";
import type { Put } from "#durable/store/store";
import { newIdentity } from "#domain/guest/identity";
import { guestKey, guestNameKey, type GuestRecord } from "#domain/guest/record";

const since = "2026-01-02T03:04:05.000Z";

export function guestRecord(i: number): GuestRecord {
  const number = String(i).padStart(5, "0");
  const id = `g${number.padStart(10, "0")}`;
  return {
    id,
    name: `guest-${number}`,
    project: "default",
    description: "",
    labels: { tier: String(i % 10) },
    createdAt: since,
    state: "stopped",
    stateSince: since,
    cpus: 1,
    memory: 536_870_912,
    machine: {
      type: "pc-q35-7.2",
      cpuModel: "max",
      firmware: "bios",
      secureBoot: false,
      tpm: false,
      layout: 3,
    },
    disks: [{ id: "disk0", bus: "virtio-blk", format: "qcow2", size: 1_073_741_824, layer: `l${number}` }],
    nics: [{ id: "nic0", network: "default", mac: "52:54:00:00:00:01" }],
    drives: [{ id: "cd0" }, { id: "cd1" }],
    publish: [],
    restart: "never",
    removeWhenStopped: false,
    uuid: `6a0f1f1c-0000-4000-8000-0000000${number}`,
    hostname: `guest-${number}`,
    agent: "lodge",
    origin: { image: "debian-13", how: "boot" },
    vmgenid: `6a0f1f1c-0000-4000-8000-0000000${number}`,
    machineId: number.padStart(32, "0"),
    sshKeys: [],
    secrets: "",
    cloudInit: true,
    defaultUser: "debian",
    agentSession: `s${number}`,
  };
}

export function* guestRecords(count: number): Generator<Put> {
  for (let i = 0; i < count; i++) {
    const value = guestRecord(i);
    yield { key: guestKey(value.id), value };
    yield { key: guestNameKey(value.project, value.name), value: value.id };
  }
}

/** The same, where it is a guest: one whose secrets open under the key of the home it is put in. */
export function withSecrets(put: Put, key: SealKey): Put {
  const guest = put.value as Partial<GuestRecord>;
  if (guest.id === undefined || guest.secrets !== "") return put;
  const { secrets } = newIdentity(guest.id, guest.hostname ?? guest.id, undefined, key);
  return { ...put, value: { ...guest, secrets } };
}
