/**
 * The cells of this host's guests: what each QEMU sees of the host, and whose it is.
 *
 * It sees, under the names that they have outside: its folder of sockets, the file that keeps what its serial console
 * says, its seed, and of layers and images those that its disks and drives are made of (hypervisor/cell/view.ts). Its
 * user is a guest's or template's own for as long as that exists:
 *
 *   cell-users/ID     the number of a user
 *   cell-ids/NUMBER   the id of whose it is
 */
import { chmodSync, chownSync, closeSync, existsSync, openSync, realpathSync, statSync } from "node:fs";
import { randomInt } from "node:crypto";
import { hasCode, LodgeError } from "#contract/errors";
import type { Detached } from "#base/detached";
import type { Store } from "#durable/store/store";
import type { Bind } from "#hypervisor/cell/bubblewrap";
import type { CellHost } from "#hypervisor/cell/host";
import { limitFiles, startInCell } from "#hypervisor/cell/start";
import { usersOf } from "#hypervisor/cell/users";
import {
  entrust,
  removeView,
  setView,
  show,
  sweepViews,
  viewOf,
  type ShownFile,
  type View,
} from "#hypervisor/cell/view";
import { isRbd } from "#hypervisor/disk/pool/rbd/connection";
import {
  canSee,
  closeViews,
  hideRbd,
  openViews,
  releaseFrom,
  showRbd,
  sweepRbd,
  type RbdView,
} from "#hypervisor/disk/pool/rbd/view";
import { isDevice, withRbd } from "#hypervisor/disk/pool/stored";
import { qemuArgs } from "#hypervisor/qemu/argv";
import type { MachinePlan } from "#hypervisor/qemu/plan";
import { imageById } from "../image/record.ts";
import { chainOf } from "../volume/layer.ts";
import { usableFolders } from "../volume/pool.ts";
import { storedAt } from "../volume/stored.ts";
import { bindsFor, entrustGroups, type HandedOn } from "./device/hand-on.ts";
import { guestPlace, type Places } from "./place.ts";
import { guestById, writtenLayers, type GuestRecord } from "./record.ts";

export interface CellsParts {
  readonly store: Store;
  readonly places: Places;
  /** This Lodge's, of which its range of users is made. */
  readonly tag: string;
  /** Or why there can be none: then no guest is started. */
  readonly host: CellHost | LodgeError;
}

/** AF_NETLINK */
const netlink = 16;

type Machine = Pick<GuestRecord, "disks" | "nvram">;

const userKey = (owner: string): string => `cell-users/${owner}`;
const idKey = (user: number): string => `cell-ids/${user}`;

/** Of files that are no disks: logs, the variables of UEFI. */
const spare = 2 * 1024 ** 3;

/** Bytes of the longest file that QEMU has to write for disks of these sizes; what a qcow2 adds is far below that. */
export const longestFile = (disks: readonly number[]): number => 2 * Math.max(0, ...disks) + spare;

export class Cells {
  readonly #parts: CellsParts;
  /** Of guests that have just ended: their views in pools are being taken away. */
  readonly #closing = new Map<string, Promise<void>>();

  constructor(parts: CellsParts) {
    this.#parts = parts;
  }

  /** The user that a guest's or template's processes run as; undefined where cells have no users of their own. */
  async userOf(owner: string): Promise<number | undefined> {
    const { store, tag } = this.#parts;
    if (!this.#host().privileged) return undefined;
    for (;;) {
      const known = await store.get(userKey(owner));
      if (known) return known.value as number;
      const { first, count } = usersOf(tag);
      const user = first + randomInt(1, count);
      try {
        await store.transact({
          compare: [userKey(owner), idKey(user)].map((key) => ({ key, revision: "absent" })),
          put: [
            { key: userKey(owner), value: user },
            { key: idKey(user), value: owner },
          ],
        });
        return user;
      } catch (error) {
        if (!hasCode(error, "store.conflict")) throw error;
      }
    }
  }

  /** Starts QEMU in the cell of a guest or template. Its folders are there, and whatever the plan names. */
  async start(
    id: string,
    machine: Machine,
    plan: MachinePlan,
    options: {
      readonly descriptors: readonly number[];
      readonly before?: (pid: number) => void;
      /** Devices of the host's that it has. */
      readonly handed?: HandedOn;
    },
  ): Promise<Detached> {
    const { places } = this.#parts;
    const place = guestPlace(places, id);
    const user = await this.userOf(id);
    const media = plan.drives.flatMap(({ file }) =>
      file === undefined ? [] : [{ path: file, write: false }],
    );
    await this.#closing.get(id);
    const layers = await stored(await this.#filesOf(machine));
    const files = [...layers, ...media];
    const views = [...this.#viewsOf(id), ...(await this.#poolViewsOf(id))];
    for (const view of views) setView(view, files, user);
    const images = await this.#imagesOf(id, layers, user);
    const devices = layers.filter(({ path }) => isDevice(path));
    for (const { path, write } of devices) entrust(realpathSync(path), write, user);
    closeSync(openSync(place.serialLog, "a", 0o640));
    if (user !== undefined) for (const path of [place.run, place.serialLog]) chownSync(path, user, user);
    if (plan.seed !== undefined) entrust(plan.seed, true, user);
    const { handed, ...process } = options;
    if (handed) entrustGroups(handed.groups, user);
    const kvm = plan.accelerator === "kvm";
    return startInCell({
      host: this.#host(),
      user: user ?? 0,
      groups: kvm && user !== undefined ? [statSync("/dev/kvm").gid] : [],
      network: plan.nics.some(({ backend }) => backend.kind === "user") ? "host" : "none",
      binds: [
        ...this.#binds(id, plan, views),
        ...images.map(({ root, folder }): Bind => ({ from: folder, at: root, how: "write" })),
        ...devices.map(({ path }): Bind => ({ from: path, how: "device" })),
        ...(kvm ? [{ from: "/dev/kvm", how: "device" } as const] : []),
        ...bindsFor(handed ?? { groups: [] }),
      ],
      // libusb hears of devices that come and go by it, and does not begin without.
      ...(handed && handed.usb.length > 0 ? { calls: { families: [netlink] } } : {}),
      // VFIO keeps all of a guest's memory where it is, and what devices have besides.
      ...(handed && handed.pci.length > 0
        ? { lockedMemory: plan.memory + (plan.pluggable?.room ?? 0) + spare }
        : {}),
      fileSize: longestFile(plan.disks.map(({ size }) => size)),
      args: qemuArgs(plan),
      log: place.qemuLog,
      cwd: "/",
      ...process,
    });
  }

  /** What a program of this guest's or template's beside its QEMU is shut into. */
  async cellOf(id: string): Promise<{ readonly host: CellHost; readonly user: number | undefined }> {
    return { host: this.#host(), user: await this.userOf(id) };
  }

  /**
   * Closes the folder of sockets: its own are there, and no more is to be put there. To be called once QEMU answers, while
   * the guest has not run yet. Without users of their own nothing can be closed to QEMU.
   */
  seal(id: string): void {
    const { run } = guestPlace(this.#parts.places, id);
    if (!this.#host().privileged) return;
    chownSync(run, 0, statSync(run).gid);
    chmodSync(run, 0o710);
  }

  /** Is this a file of a folder that cells have a view of? Any other is to be given to QEMU opened. */
  shows(path: string): boolean {
    const { layers, images } = this.#parts.places;
    return [layers, images].some((root) => path.startsWith(`${root}/`));
  }

  /** Shows a running guest one more file to read. */
  async showTo(id: string, path: string): Promise<void> {
    await this.#show(id, { path, write: false });
  }

  /** Gives a running guest one more file to write to, which becomes its own. `size`: of its disk, 0 for one that it has. */
  async giveTo(id: string, path: string, size: number): Promise<void> {
    await this.#show(id, { path, write: true });
    await this.letGrow(id, size);
  }

  /** Lets a running guest's files become as large as a disk of this size takes, if they may not yet. */
  async letGrow(id: string, size: number): Promise<void> {
    const { process, disks } = await guestById(this.#parts.store, id);
    if (process) limitFiles(process.pid, longestFile([size, ...disks.map((disk) => disk.size)]));
  }

  /** Takes a disk out of a running guest's sight that it has no more. Idempotent. */
  async takeFrom(id: string, path: string): Promise<void> {
    const at = await storedAt(path);
    if (at !== undefined && isRbd(at)) await withRbd(at, () => hideRbd(id, at));
  }

  /** Lets go of a guest that was killed, and may hang on what does not answer. Idempotent. */
  async release(id: string): Promise<void> {
    await releaseFrom(id);
  }

  /** Resolves when nothing is left of what was closed. */
  async closed(): Promise<void> {
    await Promise.all(this.#closing.values());
  }

  /** The folders in which it sees images of Ceph's, with its own in them. */
  async #imagesOf(id: string, layers: readonly ShownFile[], user: number | undefined): Promise<RbdView[]> {
    const views = await openViews(id);
    for (const file of layers)
      if (isRbd(file.path)) await withRbd(file.path, () => showRbd(id, file, user ?? 0));
    return views;
  }

  async #show(id: string, file: ShownFile): Promise<void> {
    const user = await this.userOf(id);
    const isLayer = file.path.startsWith(`${this.#parts.places.layers}/`);
    const [here, elsewhere] = isLayer ? await stored([file]) : [file];
    if (elsewhere) await this.#showFromPool(id, elsewhere, user);
    for (const view of this.#viewsOf(id)) show(view, here!, user);
  }

  /** A cell sees the pools that there were when it was made; devices are let in only then. */
  async #showFromPool(id: string, file: ShownFile, user: number | undefined): Promise<void> {
    if (isRbd(file.path) && (await canSee(id, file.path)))
      return withRbd(file.path, () => showRbd(id, file, user ?? 0));
    const views = isDevice(file.path) ? [] : await this.#poolViewsOf(id);
    const view = views.find(({ root }) => file.path.startsWith(`${root}/`));
    if (!view || !existsSync(view.folder)) {
      const { name } = await guestById(this.#parts.store, id);
      throw new LodgeError("pool.out_of_sight", { guest: name, path: file.path });
    }
    show(view, file, user);
  }

  /** Takes the views of a guest that has no process any more away. Idempotent. */
  close(id: string): void {
    for (const view of this.#viewsOf(id)) removeView(view);
    const before = this.#closing.get(id);
    const closed = Promise.all([
      this.#inPools((root) => {
        removeView(this.#inPool(root, id));
        removeView(viewOf(root, id));
      }),
      // One after the other, since each takes down what is mounted.
      (before ?? Promise.resolve()).then(() => closeViews(id)).catch(() => undefined),
    ]).then(() => undefined);
    this.#closing.set(id, closed);
    void closed.then(() => this.#closing.get(id) === closed && this.#closing.delete(id));
  }

  /** Takes the views away of whoever is not to be kept; resolves once pools are swept, too, which nobody need wait for. */
  sweep(kept: (id: string) => boolean): Promise<void> {
    const { layers, images } = this.#parts.places;
    for (const root of [layers, images]) sweepViews(root, kept);
    // Other hosts that have the pool have views in it, too.
    const { tag } = this.#parts;
    const others = (name: string) => !name.endsWith(`@${tag}`) || kept(name.slice(0, name.indexOf("@")));
    // What is left then, the next daemon takes away.
    void sweepRbd(kept).catch(() => undefined);
    return this.#inPools((root) => sweepViews(root, others));
  }

  /** Gives the user of a guest or template that is no more back. Idempotent. */
  async forget(id: string): Promise<void> {
    this.close(id);
    const known = await this.#parts.store.get(userKey(id));
    if (known) await this.#parts.store.transact({ delete: [userKey(id), idKey(known.value as number)] });
  }

  /** @throws LodgeError host.cell_unavailable, host.command_missing */
  #host(): CellHost {
    const { host } = this.#parts;
    if (host instanceof LodgeError) throw host;
    return host;
  }

  #viewsOf(id: string): View[] {
    const { layers, images } = this.#parts.places;
    return [layers, images].map((root) => viewOf(root, id));
  }

  /** Of the folders of pools that can be used now. */
  async #poolViewsOf(id: string): Promise<View[]> {
    return (await this.#pools()).map((root) => this.#inPool(root, id));
  }

  /** Its view of a pool's folder, told from those of other hosts; one that an older daemon made has no tag. */
  #inPool(root: string, id: string): View {
    const old = viewOf(root, id);
    return existsSync(old.folder) ? old : viewOf(root, `${id}@${this.#parts.tag}`);
  }

  /** In the background: a pool's server may not answer. What is left in one is swept when a daemon starts. */
  #inPools(work: (root: string) => void): Promise<void> {
    return this.#pools()
      .then((roots) => roots.forEach(work))
      .catch(() => undefined);
  }

  #pools(): Promise<string[]> {
    return usableFolders(this.#parts.store, this.#parts.places.layers);
  }

  /** Every file that these disks are made of: the machine writes to the topmost layer of each. */
  async #filesOf(machine: Machine): Promise<ShownFile[]> {
    const { store } = this.#parts;
    const files: ShownFile[] = [];
    for (const top of Object.values(writtenLayers(machine)))
      for (const { id, path, image } of await chainOf(store, top)) {
        files.push({ path, write: id === top });
        if (image !== undefined)
          files.push({ path: (await imageById(store, image)).image.path, write: false });
      }
    return files;
  }

  #binds(id: string, plan: MachinePlan, views: readonly View[]): Bind[] {
    const { run, serialLog } = guestPlace(this.#parts.places, id);
    const read = [
      plan.seed,
      plan.firmware.kind === "uefi" ? plan.firmware.code : undefined,
      plan.kernel?.kernel,
      plan.kernel?.initrd,
    ].filter((file) => file !== undefined);
    return [
      ...views.map(({ root, folder }): Bind => ({ from: folder, at: root, how: "write" })),
      ...[run, serialLog].map((from): Bind => ({ from, how: "write" })),
      ...read.map((from): Bind => ({ from, how: "read" })),
    ];
  }
}

/** These files and, of those whose path is a link into a pool, what that leads to. */
async function stored(files: readonly ShownFile[]): Promise<ShownFile[]> {
  const found = files.map(async (file) => {
    const at = await storedAt(file.path);
    return at === undefined ? [file] : [file, { ...file, path: at }];
  });
  return (await Promise.all(found)).flat();
}
