/** The real placer over three hosts that might be: one full, one with the template, one that is drained. */
import { MemoryStore } from "#durable/store/memory";
import { Placer } from "#domain/cluster/placement/placer";
import { Board } from "#domain/host/placement/board";
import { templateKey } from "#domain/host/placement/offer";
import { defaultNetwork, networkKey } from "#domain/network/record";
import { memberKey } from "#domain/member/record";
import { imageKey, imageNameKey } from "#domain/image/record";
import { defaultProject } from "#contract/access";
import { GiB, offerOf, residentOf } from "./placement-hosts.ts";

const image = {
  id: "i000000000a",
  name: "debian-13",
  kind: "disk",
  state: "ready",
  format: "qcow2",
  size: 10 * GiB,
  agent: "lodge",
  path: "/nowhere",
  source: { recipe: "debian-13" },
  firmware: ["bios"],
};
const key = templateKey({ project: "default", image: image.id, cpus: 1, memory: GiB / 2 });

export function fakePlacement(): Placer {
  const store = new MemoryStore();
  const ready = store.transact({
    put: [
      { key: imageKey(image.id), value: image },
      { key: imageNameKey(defaultProject, image.name), value: image.id },
      { key: memberKey("id-birch"), value: { id: "id-birch", name: "birch", state: "active" } },
      { key: networkKey(defaultNetwork), value: { name: "default", kind: "nat", index: 0 } },
    ],
  });
  const small = { memory: 8 * GiB, cpus: 64, disk: 1000 * GiB };
  const offers = [
    offerOf("alder", { limit: small }),
    offerOf("birch", { templates: [{ id: "t1", key, warm: true, resident: GiB / 4 }], images: [image.id] }),
    offerOf("cedar", { state: "draining" }),
  ];
  const guests = Array.from({ length: 8 }, (_, n) => residentOf(`x${n}`, "alder", { forkOf: "t1" }));
  return new Placer({
    store,
    whole: store,
    boards: {
      async current() {
        await ready;
        return Board.of(offers, guests);
      },
    },
    host: "id-birch",
    clock: { now: () => 0 },
  });
}
