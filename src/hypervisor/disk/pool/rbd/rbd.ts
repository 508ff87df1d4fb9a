/**
 * A pool that is one of Ceph's, for block devices (RBD). A volume is an image with raw content; clones are Ceph's own, of
 * a snapshot that goes with the last clone. While one is in use it is a file of this host: export.ts.
 */
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { withoutCells } from "../../../cell/tool.ts";
import { PoolTrouble, requireName, type PoolDriver, type PoolSpace, type Stored } from "../driver.ts";
import { cephTells, isAbsent, isThere, missing, patience, rbd, rbdTells, unless } from "./ceph.ts";
import { connectionOf, fileOf, forgetRbd, imageOf, isOurs } from "./connection.ts";
import { endExport, exportsIn, holdExport, namesIn, seersOf, viewsFolder } from "./export.ts";
import { bounded, unmount } from "./mounting.ts";
import { closeViews, hideRbd } from "./view.ts";

/** Where Debian's package qemu-block-extra has what QEMU speaks to Ceph with. */
const modules = ["x86_64", "aarch64"].map((machine) => `/usr/lib/${machine}-linux-gnu/qemu/block-rbd.so`);

interface Usage {
  readonly images: readonly { readonly name: string; readonly used_size: number }[];
}

interface Free {
  readonly pools: readonly {
    readonly name: string;
    readonly stats: { readonly stored: number; readonly max_avail: number };
  }[];
}

export class RbdPool implements PoolDriver {
  readonly formats = ["raw"] as const;
  readonly folder: string;

  /** `folder`: in which its images are files while they are in use; knowRbd() says what is behind it. */
  constructor(folder: string) {
    this.folder = folder;
  }

  get #ceph() {
    return connectionOf(this.folder);
  }

  async prepare(): Promise<void> {
    await this.check();
    await this.space();
  }

  async check(): Promise<void> {
    if (process.getuid?.() !== 0)
      throw new PoolTrouble("only a Lodge that runs as root can mount its images");
    if (withoutCells()) throw new PoolTrouble("it wants cells, and this daemon was started without");
    if (!modules.some((file) => existsSync(file))) throw new PoolTrouble(missing);
    if (!existsSync("/dev/fuse"))
      throw new PoolTrouble("this host's kernel has no FUSE: 'modprobe fuse' may bring it");
    // Asks its monitors where the pool is, and one of its servers for an object.
    await rbdTells(this.#ceph, ["namespace", "ls"]);
  }

  /** What is free is what Ceph lets this pool have, copies counted. */
  async space(): Promise<PoolSpace> {
    const { pools } = (await cephTells(this.#ceph, ["df"])) as Free;
    const found = pools.find(({ name }) => name === this.#ceph.pool);
    if (!found) throw new PoolTrouble(`Ceph has no pool '${this.#ceph.pool}'`);
    const { stored, max_avail: free } = found.stats;
    return { size: stored + free, free, reflink: true };
  }

  locate(name: string): string {
    return join(this.folder, fileOf(requireName(name)));
  }

  use({ path }: Pick<Stored, "path">): Promise<AsyncDisposable> {
    return holdExport(path);
  }

  async create(name: string, _format: "raw" | "qcow2", size: number): Promise<Stored> {
    const path = this.locate(name);
    const made = await unless(isThere, rbd(this.#ceph, ["create", "--size", `${size}B`, imageOf(path)]));
    if (made === undefined) await this.grow({ path }, size);
    return { path, format: "raw" };
  }

  /** By whoever has it open: Ceph's own lock has that one do it. */
  async grow({ path }: Pick<Stored, "path">, size: number): Promise<void> {
    await rbd(this.#ceph, ["resize", "--no-progress", "--size", `${size}B`, imageOf(path)]);
  }

  /** Of an image that is written to, too: as it is at that moment. */
  async clone({ path }: Pick<Stored, "path">, name: string, signal?: AbortSignal) {
    signal?.throwIfAborted();
    const target = this.locate(name);
    const [from, to] = [imageOf(path), imageOf(target)];
    const snapshot = `${from}@${to}`;
    const ceph = this.#ceph;
    await unless(isThere, rbd(ceph, ["snap", "create", "--no-progress", snapshot]));
    try {
      // Its second kind needs no protected snapshot, which would have to be looked after until the last clone is gone.
      await unless(isThere, rbd(ceph, ["clone", "--rbd-default-clone-format", "2", snapshot, to]));
    } finally {
      await unless(isAbsent, rbd(ceph, ["snap", "rm", "--no-progress", snapshot]));
    }
    return { path: target, format: "raw", how: "shared" } as const;
  }

  /** Of one that nobody has open. Idempotent. */
  async rename({ path }: Pick<Stored, "path">, name: string): Promise<void> {
    const [from, to] = [imageOf(path), imageOf(this.locate(name))];
    const gone = await unless(isAbsent, rbd(this.#ceph, ["rename", from, to]));
    // Renamed already, or never there.
    if (gone === undefined) await rbdTells(this.#ceph, ["info", to]);
  }

  async used(volumes: readonly Stored[]): Promise<number[]> {
    if (volumes.length === 0) return [];
    const { images } = (await rbdTells(this.#ceph, ["du"])) as Usage;
    const taken = new Map<string, number>();
    // One with snapshots has a line for each.
    for (const { name, used_size: bytes } of images) taken.set(name, (taken.get(name) ?? 0) + bytes);
    return volumes.map(({ path }) => taken.get(imageOf(path)) ?? 0);
  }

  async sizeOf({ path }: Pick<Stored, "path">): Promise<number> {
    return ((await rbdTells(this.#ceph, ["info", imageOf(path)])) as { readonly size: number }).size;
  }

  /** One that has clones goes into Ceph's trash, and out of it after the last of them. */
  async remove({ path }: Pick<Stored, "path">): Promise<void> {
    for (const id of seersOf(path)) await hideRbd(id, path);
    await endExport(path);
    const ceph = this.#ceph;
    const image = imageOf(path);
    const snapshots = await unless(isAbsent, rbdTells(ceph, ["snap", "ls", "--all", image]));
    if (snapshots !== undefined) {
      const has = (snapshots as readonly unknown[]).length > 0;
      await rbd(ceph, has ? ["trash", "mv", image] : ["rm", "--no-progress", image]);
    }
    await this.#emptyTrash();
  }

  async #emptyTrash(): Promise<void> {
    const all = (await rbdTells(this.#ceph, ["trash", "ls"])) as readonly { id: string; name: string }[];
    for (const { id, name } of all)
      // What has clones still is refused, and waits for the last of them.
      if (isOurs(name))
        await unless(
          (error) => error instanceof PoolTrouble,
          rbd(this.#ceph, ["trash", "rm", "--no-progress", id], { timeout: patience }),
        );
  }
}

/** Takes away everything of a pool's that is on this host; in Ceph all stays. Idempotent. */
export async function leaveRbd(folder: string): Promise<void> {
  for (const id of namesIn(join(folder, viewsFolder))) await closeViews(id);
  for (const path of exportsIn(folder)) await endExport(path);
  await unmount(folder);
  forgetRbd(folder);
  await rm(folder, { recursive: true, force: true });
  await bounded("rmdir", ["--ignore-fail-on-non-empty", "--", dirname(folder)]).catch(() => undefined);
}
