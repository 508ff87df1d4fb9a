import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { MemoryStore } from "#durable/store/memory";
import { put } from "#durable/store/update";
import { guestRecord } from "../../../../test/fakes/guest-records.ts";
import { imageKey } from "../../image/record.ts";
import type { Fleet } from "../fleet.ts";
import { targetHere } from "./arrivals.ts";

const here = { guests: "/here/guests", run: "/here/run" };
const kernelIn = (home: string) => ({ kernel: `${home}/vmlinuz`, initrd: `${home}/initrd`, append: "" });
const self = { id: "h2", name: "two" };

describe("a guest that boots a kernel of its image", () => {
  const guest = { ...guestRecord(1), kernel: kernelIn("/there") };
  const images = [
    { id: "i000000000a", name: "tiny", path: "/there/disk", format: "qcow2", bytes: 1 },
  ] as const;
  const parts = (store: MemoryStore) => ({ store, places: here }) as unknown as Fleet["parts"];

  it("boots that of the same image here, wherever its files are", async () => {
    const store = new MemoryStore();
    await put(store, imageKey("i000000000a"), {
      id: "i000000000a",
      kind: "disk",
      state: "ready",
      directBoot: kernelIn("/here"),
    });
    const { kernel, places } = await targetHere(parts(store), self, { guest, images });
    assert.deepEqual([kernel, places], [kernelIn("/here"), here]);
  });

  it("has none where neither the image is nor its files", async () => {
    assert.equal((await targetHere(parts(new MemoryStore()), self, { guest, images })).kernel, undefined);
  });
});
