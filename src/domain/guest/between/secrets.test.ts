import assert from "node:assert/strict";
import { it } from "node:test";
import { openSecret } from "#durable/store/seal";
import { restingGuest, sealKey } from "../../../../test/fakes/resting-guest.ts";
import { DiskKeys } from "../../volume/disk-key.ts";
import type { Cargo } from "../migrate/cargo.ts";
import { opened, sealed } from "./secrets.ts";

it("secrets of a guest open with the other host's key once they are there, and with its own no more", () => {
  const theirs = new Uint8Array(32).fill(9);
  const keys = new DiskKeys(sealKey);
  const layer = { id: "l1", path: "", format: "qcow2", createdAt: "", secret: keys.make("l1") } as const;
  const memoryKey = keys.makeForMemory();
  const cargo = {
    guest: { ...restingGuest, suspendKey: memoryKey },
    layers: [{ layer, bytes: 0, written: true }],
    snapshots: [{ id: "s1", memoryKey }],
  } as unknown as Cargo;
  const there = sealed(opened(cargo, sealKey), theirs);
  assert.equal(openSecret(theirs, there.guest.secrets, "guest g0123456789"), '{"sshHostKey":{}}');
  const here = new DiskKeys(theirs);
  assert.equal(here.open(there.layers[0]!.layer), keys.open(layer));
  assert.deepEqual(here.openForMemory(there.guest.suspendKey!), keys.openForMemory(memoryKey));
  assert.deepEqual(here.openForMemory(there.snapshots[0]!.memoryKey!), keys.openForMemory(memoryKey));
  assert.throws(() => openSecret(sealKey, there.guest.secrets, "guest g0123456789"));
  assert.ok(!JSON.stringify(there).includes('sshHostKey\\"'));
});
