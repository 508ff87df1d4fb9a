/** A guest at rest and what a host has around it, for tests of where it goes: its store and its folders are real. */
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLog } from "#base/log";
import { sealSecret, type SealKey } from "#durable/store/seal";
import type { Store } from "#durable/store/store";
import type { Fleet } from "#domain/guest/fleet";
import { guestKey, guestNameKey, type GuestRecord } from "#domain/guest/record";

export const sealKey: SealKey = new Uint8Array(32).fill(7);

export const restingGuest = {
  id: "g0123456789",
  name: "web",
  project: "default",
  state: "stopped",
  cpus: 1,
  memory: 2 ** 26,
  machine: { type: "pc", cpuModel: "max", firmware: "bios", tpm: false },
  origin: {},
  disks: [],
  nics: [],
  drives: [],
  publish: [],
  labels: { tier: "front" },
  secrets: sealSecret(sealKey, '{"sshHostKey":{}}', "guest g0123456789"),
  createdAt: "2026-09-01T12:00:00.000Z",
} as unknown as GuestRecord;

export interface RestingHost extends AsyncDisposable {
  readonly fleet: Fleet;
  /** Folders of guests. */
  guests(): Promise<string[]>;
}

export async function restingHost(store: Store): Promise<RestingHost> {
  const home = await mkdtemp(join(tmpdir(), "lodge-resting-"));
  const places = Object.fromEntries(
    ["guests", "templates", "run", "layers", "images"].map((name) => [name, join(home, name)]),
  );
  const networks = { claims: () => [], release: async () => undefined };
  const parts = {
    store,
    places,
    networks,
    events: { append: () => undefined },
    groups: { remove: () => true },
    hardware: {},
    log: silentLog,
  };
  const fleet = { parts, get: () => undefined, settled: async () => undefined } as unknown as Fleet;
  return {
    fleet,
    guests: () => readdir(places["guests"]!).catch(() => []),
    [Symbol.asyncDispose]: () => rm(home, { recursive: true, force: true }),
  };
}

/** Records it. */
export const settleGuest = (store: Store) =>
  store.transact({
    put: [
      { key: guestKey(restingGuest.id), value: restingGuest },
      { key: guestNameKey("default", "web"), value: restingGuest.id },
    ],
  });
