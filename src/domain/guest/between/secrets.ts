/**
 * Secrets of a guest that goes outside: each host seals with a key of its own, so they go in the open within the connection, which is
 * encrypted, and are sealed anew before anything of them is written down. Pure.
 */
import { openSecret, sealSecret, type SealKey } from "#durable/store/seal";
import { memoryContext, type MemoryKey } from "../../volume/disk-key.ts";
import { layerKey } from "../../volume/layer.ts";
import { secretsContext } from "../identity.ts";
import type { Cargo } from "../migrate/cargo.ts";

type Change = (secret: string, context: string) => string;

/** @throws LodgeError store.secret_unreadable */
export const opened = (cargo: Cargo, key: SealKey): Cargo =>
  changed(cargo, (secret, context) => openSecret(key, secret, context));

export const sealed = (cargo: Cargo, key: SealKey): Cargo =>
  changed(cargo, (secret, context) => sealSecret(key, secret, context));

function changed(cargo: Cargo, change: Change): Cargo {
  const { guest, layers, snapshots } = cargo;
  const memory = ({ id, sealed: secret }: MemoryKey): MemoryKey => ({
    id,
    sealed: change(secret, memoryContext(id)),
  });
  return {
    ...cargo,
    guest: {
      ...guest,
      secrets: change(guest.secrets, secretsContext(guest.id)),
      ...(guest.suspendKey ? { suspendKey: memory(guest.suspendKey) } : {}),
    },
    layers: layers.map((packed) => {
      const { layer } = packed;
      if (layer.secret === undefined) return packed;
      return { ...packed, layer: { ...layer, secret: change(layer.secret, layerKey(layer.id)) } };
    }),
    snapshots: snapshots.map((one) => (one.memoryKey ? { ...one, memoryKey: memory(one.memoryKey) } : one)),
  };
}
