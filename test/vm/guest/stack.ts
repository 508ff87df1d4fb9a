/** Guests whose disk is a long chain of layers, made in a moment instead of by as many branches. */
import { createHash } from "node:crypto";
import { readdirSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { exec } from "#base/exec";
import { findGuest, guestKey, onLayers } from "#domain/guest/record";
import { layerById, layerKey, layerPath, type Layer } from "#domain/volume/layer";
import { createOverlay } from "#hypervisor/disk/create";
import { MiB, type TestLodge } from "../daemon.ts";

/** Where each layer writes: six MiB of its own, and the first, over what those below wrote there. */
const first = 4;
const each = 6;

/** Puts layers over a stopped guest's, until its disk has so many; each writes its number. */
export async function stack(lodge: TestLodge, name: string, layers: number): Promise<void> {
  await lodge.end("SIGTERM");
  await lodge.withStore(async (store) => {
    const guest = await findGuest(store, name, "default");
    const [disk] = guest.disks;
    let below = await layerById(store, disk!.layer);
    for (let i = 1; i < layers; i++) {
      const id = `l${guest.id}x${i}`;
      const path = layerPath(join(lodge.home, "layers"), id);
      await createOverlay(path, { backing: below.path, backingFormat: below.format });
      const areas = [`0 ${MiB}`, ...(i <= 8 ? [`${(first + each * i) * MiB} ${each * MiB}`] : [])];
      const writes = areas.flatMap((area) => ["-c", `write -q -P ${i} ${area}`]);
      await exec("qemu-io", ["-f", "qcow2", ...writes, path]);
      const layer: Layer = { id, path, format: "qcow2", below: below.id, createdAt: "" };
      await store.transact({ put: [{ key: layerKey(id), value: layer }] });
      below = layer;
    }
    const value = onLayers(guest, { [disk!.id]: below });
    await store.transact({ put: [{ key: guestKey(guest.id), value }] });
  });
  await lodge.start();
}

const sum = (value: number, size: number): string =>
  createHash("md5").update(Buffer.alloc(size, value)).digest("hex");

/** What the guest must read of the layers that were stacked: sums of the first MiB and of each layer's area. */
export const expectedSums = (layers: number): string[] => [
  sum(layers - 1, MiB),
  ...Array.from({ length: Math.min(layers - 1, 8) }, (_, i) => sum(i + 1, (each - 1) * MiB)),
];

/** The same, read by the guest from its disk; of each layer's area all but the last MiB, which is the guest's own. */
export async function sums(lodge: TestLodge, name: string, layers: number): Promise<string[]> {
  const areas = Array.from({ length: Math.min(layers - 1, 8) }, (_, i) => first + each * (i + 1));
  const read = (at: number, count: number) =>
    `dd if=/dev/vda bs=1M skip=${at} count=${count} 2>/dev/null | md5sum`;
  const script = ["echo 3 >/proc/sys/vm/drop_caches", read(0, 1), ...areas.map((at) => read(at, each - 1))];
  const said = await lodge.sh(name, script.join("\n"));
  return said.split("\n").map((line) => line.split(" ")[0]!);
}

/**
 * Lets the guest write until it is told to end: blocks of 64 KiB, all over the last MiB of each layer's area.
 * It keeps in memory what it wrote.
 */
export const writer = (areas: number): string => `
  mkdir -p /dev/shm/kept
  (k=0
  while [ ! -e /dev/shm/enough ]; do
    at=$(((${first} + ${each} * (k % ${areas} + 1) + ${each - 1}) * 16 + k / ${areas} % 16))
    dd if=/dev/urandom of=/dev/shm/block bs=64k count=1 2>/dev/null
    dd if=/dev/shm/block of=/dev/vda bs=64k seek=$at conv=notrunc,fsync 2>/dev/null
    mv /dev/shm/block /dev/shm/kept/$at
    k=$((k + 1))
  done; touch /dev/shm/ended) >/dev/null 2>&1 &
  until [ -n "$(ls /dev/shm/kept)" ]; do sleep 0.1; done`;

/** Ends it, and fails unless the disk has what was written. */
export const checkWritten = `
  touch /dev/shm/enough
  until [ -e /dev/shm/ended ]; do sleep 0.1; done
  echo 3 >/proc/sys/vm/drop_caches
  for file in /dev/shm/kept/*; do
    dd if=/dev/vda bs=64k skip=\${file##*/} count=1 2>/dev/null | cmp - $file || exit 1
  done
  ls /dev/shm/kept | wc -l`;

/** The layers' files that a guest's QEMU has open: all that its disks and UEFI variables stand on. */
export async function openLayers(lodge: TestLodge, name: string): Promise<string[]> {
  const folder = `/proc/${(await lodge.guest(name)).pid}/fd`;
  const files = readdirSync(folder).map((fd) => readlinkSync(join(folder, fd)));
  return [...new Set(files.filter((file) => file.startsWith(join(lodge.home, "layers"))))];
}
