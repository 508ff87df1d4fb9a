import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import assert from "node:assert/strict";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "#base/clock";
import { operationConformance } from "#durable/operation/conformance";
import { put } from "#durable/store/update";
import { guestRecord } from "../../../../test/fakes/guest-records.ts";
import { layerKey } from "../../volume/layer.ts";
import type { Fleet } from "../fleet.ts";
import { guestKey, type GuestRecord } from "../record.ts";
import type { CopyHost } from "./hosts.ts";
import { defineReplicate } from "./replicate.ts";

const guest: GuestRecord = {
  ...guestRecord(1),
  disks: [{ ...guestRecord(1).disks[0]!, layer: "l0000000001" }],
};

operationConformance("giving a guest a replica", async (store) => {
  const folder = mkdtempSync(join(tmpdir(), "lodge-replicate-"));
  const path = join(folder, "l0000000001.qcow2");
  writeFileSync(path, "a layer");
  await put(store, guestKey(guest.id), guest);
  await put(store, layerKey("l0000000001"), { id: "l0000000001", path, format: "qcow2", createdAt: "" });
  const host = {
    id: "h2",
    name: "two",
    look: async () => ({ blockers: [], bytes: 0 }),
  } as unknown as CopyHost;
  const places = { guests: folder, layers: folder, images: folder, templates: folder, run: folder };
  const fleet = {
    parts: { store, places, clock: systemClock },
    // It is at rest: nothing is to be waited for.
    get: () => undefined,
    now: () => new Date(systemClock.now()).toISOString(),
  } as unknown as Fleet;
  const now = async () => ((await store.get(guestKey(guest.id)))!.value as GuestRecord).replica;
  return {
    define: () =>
      defineReplicate({
        fleet,
        hosts: () => ({ self: "h1", find: () => host }),
        drop: async () => undefined,
      }) as never,
    input: { guest: guest.id, to: "h2" },
    targets: [`replica:${guest.id}`],
    observe: now,
    async assertDone({ result }) {
      const replica = await now();
      assert.deepEqual([replica?.to, replica?.state], ["h2", "behind"]);
      assert.deepEqual(result, { host: "two", state: "behind" });
    },
    dispose: async () => rmSync(folder, { recursive: true }),
  };
});
