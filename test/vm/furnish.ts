/** What a test's home has before its daemon starts. */
import { copyFile, mkdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { homePaths, type HomePaths } from "#base/home";
import { newId } from "#base/ids";
import { imageKey, imageNameKey, type ImageRecord } from "#domain/image/record";
import { openSqliteStore } from "#durable/store/sqlite";
import type { Store } from "#durable/store/store";
import { createBlank } from "#hypervisor/disk/create";
import { readBootId } from "#hypervisor/host/boot-id";
import { qemuFeatures, type QemuFeatures } from "#hypervisor/qemu/features";
import { takeLock } from "./lock.ts";
import { giveTemplate } from "./parked.ts";
import { testCache, tinyGuest } from "./tiny-guest.ts";

const size = 64 * 1048576;

export interface Furniture {
  /** A folder that keeps the tiny guest parked. */
  readonly template?: string | undefined;
  /** What is done to the store besides. */
  readonly prepare?: ((store: Store, paths: HomePaths) => Promise<void>) | undefined;
}

/** Gives a home the tiny image, and a verdict on the accelerator: tests run the same with and without KVM. */
export async function furnish(home: string, { template, prepare }: Furniture = {}): Promise<void> {
  const paths = homePaths(home);
  await judgeAccelerator(home);
  const store = await openSqliteStore(paths.store);
  try {
    if (template === undefined) await addTinyImage(store, paths, "tiny");
    else await giveTemplate(store, paths, template);
    await prepare?.(store, paths);
  } finally {
    await store.close();
  }
}

const featuresFile = (): string => join(testCache(), "qemu.json");

/** What this host's QEMU can do; asked once for all tests. */
export async function testQemu(): Promise<QemuFeatures> {
  await mkdir(testCache(), { recursive: true, mode: 0o700 });
  const release = await takeLock(join(testCache(), "qemu.lock"));
  try {
    return await qemuFeatures({ cacheFile: featuresFile() });
  } finally {
    await release();
  }
}

/** Notes in a home, for this boot of the host, that its guests are to run without KVM. */
export async function judgeAccelerator(home: string): Promise<void> {
  const cache = join(home, "cache");
  await mkdir(cache, { recursive: true });
  const features = await testQemu();
  await copyFile(featuresFile(), join(cache, "qemu.json"));
  const bootId = await readBootId();
  const verdict = { accelerator: "tcg", finding: "failed", reason: "a test says so", bootId };
  await writeFile(
    join(cache, "accelerator.json"),
    JSON.stringify({ ...verdict, qemu: features.identity, provedAt: new Date().toISOString() }),
  );
}

/**
 * Records the tiny guest as an image: its disk is blank, its kernel comes from outside. With the agent "qemu" it
 * has that one, with "none" nobody knows of its own. `initrd`: a file to take in the place of its own.
 */
export async function addTinyImage(
  store: Store,
  paths: HomePaths,
  name: string,
  agent: ImageRecord["agent"] = "lodge",
  initrd?: string,
): Promise<string> {
  const id = newId("i");
  const path = join(paths.images, id, "disk.qcow2");
  await mkdir(join(paths.images, id), { recursive: true });
  await createBlank(path, { format: "qcow2", size });
  const tiny = await tinyGuest(agent === "qemu" ? "qemu" : "lodge");
  const directBoot = initrd === undefined ? tiny : { ...tiny, initrd };
  const record: ImageRecord = {
    id,
    name,
    description: "The tiny guest",
    labels: {},
    createdAt: new Date().toISOString(),
    kind: "disk",
    format: "qcow2",
    size,
    stored: (await stat(path)).blocks * 512,
    agent,
    cloudInit: false,
    firmware: ["bios"],
    source: { file: path },
    path,
    directBoot,
    state: "ready",
  };
  await store.transact({
    put: [
      { key: imageKey(id), value: record },
      { key: imageNameKey("default", name), value: { image: id } },
    ],
  });
  return id;
}
