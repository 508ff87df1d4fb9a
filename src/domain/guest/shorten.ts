/**
 * Shortens the chains of layers below a running guest's disks, which grow with each branch: see
 * volume/chain.ts for where they are cut. The guest runs on; whoever wants something of it goes first, since
 * this operation is started as one that yields.
 *
 *   choose ──► copy ─────────────────────► join ──► collect
 *    where to   QEMU copies into the top    │ the top stands on its base, in QEMU, its file and the record
 *    cut        layers, at a stated pace    commit point
 *    any failure before it: the chains are as they were
 *
 * It goes on where it was after a restart of the daemon: QEMU has copied meanwhile. A guest that ends is left
 * as it is then, and its records say what its files say.
 */
import { hasCode, LodgeError } from "#contract/errors";
import { defineOperation, type StepContext } from "#durable/operation/define";
import { freeSpace } from "#hypervisor/disk/space";
import { stackedNode } from "#hypervisor/qemu/disk";
import { giveUpJob } from "#hypervisor/qemu/job";
import { forgetSecrets } from "#hypervisor/qemu/secret";
import {
  beginStream,
  copied,
  flushNode,
  joinBase,
  releaseNode,
  releaseStacked,
} from "#hypervisor/qemu/stream";
import { cutOf } from "../volume/chain.ts";
import { believeFile, chainOf, collectLayers, layerById, measured } from "../volume/layer.ts";
import type { DestroyParts } from "./destroy.ts";
import { activeNodes } from "./freeze.ts";
import type { LiveGuest } from "./live.ts";
import { guestById, writtenLayers } from "./record.ts";
import { allHeld } from "./snapshot/record.ts";

export interface ShortenInput {
  readonly guest: string;
  /** Somebody waits for it: as fast as can be. */
  readonly urgent: boolean;
}

interface State {
  /** The layers that the tops shall stand on, by what writes to the tops. */
  readonly bases: Readonly<Record<string, string>>;
}

type Context = StepContext<ShortenInput, State>;

/** Bytes a second: what a disk does beside its work for the guests. */
const pace = 32 * 1048576;
/** A copy may take this share of the space that is free. */
const spaceShare = 0.5;

const jobOf = (what: string): string => `shorten-${what}`;

export function defineShorten(parts: DestroyParts) {
  const { fleet } = parts;
  const { store, places, events } = fleet.parts;

  return defineOperation<ShortenInput, State>({
    kind: "guest.shorten",
    resume: "forward",
    steps: [
      { name: "choose", do: choose },
      { name: "copy", do: copy, undo },
      { name: "join", commitPoint: true, do: join, undo },
      {
        name: "collect",
        async do() {
          await collectLayers(store, parts.layerRoots);
        },
      },
    ],
  });

  async function choose({ input }: Context): Promise<State> {
    const record = await guestById(store, input.guest);
    const held = await allHeld(store);
    const bases: Record<string, string> = {};
    let bytes = 0;
    for (const [what, top] of Object.entries(writtenLayers(record))) {
      const cut = cutOf(await measured(await chainOf(store, top)), held);
      if (!cut) continue;
      bases[what] = cut.base;
      bytes += cut.bytes;
    }
    const path = places.layers;
    const free = await freeSpace(path);
    if (bytes > free * spaceShare) {
      const [needed, available] = [bytes / spaceShare, free].map(
        (size) => `${Math.ceil(size / 1048576)} MiB`,
      );
      throw new LodgeError("guest.disk_full", { path, needed: needed!, available: available! });
    }
    return { bases };
  }

  async function copy({ input, state, signal, progress }: Context): Promise<void> {
    const bases = Object.entries(state.bases!);
    await whileItRuns(input.guest, async (live) => {
      const nodes = await activeNodes(live.monitor);
      for (const [i, [what, base]] of bases.entries()) {
        signal.throwIfAborted();
        const job = jobOf(what);
        const { path } = await layerById(store, base);
        const speed = input.urgent ? 0 : pace;
        const { node } = nodes.get(what)!;
        const named = (await isEncrypted(input.guest, what)) ? { baseNode: stackedNode(what, base) } : {};
        await beginStream(live.monitor, { job, node, base: path, ...named, speed });
        const onProgress = (fraction: number) =>
          progress({ fraction: (i + fraction) / bases.length, message: `copying the layers of ${what}` });
        await copied(live.monitor, job, { signal, onProgress });
      }
    });
  }

  async function isEncrypted(guest: string, what: string): Promise<boolean> {
    return (await layerById(store, writtenLayers(await guestById(store, guest))[what]!)).secret !== undefined;
  }

  async function undo({ input }: Context): Promise<void> {
    const whats = Object.keys(writtenLayers(await guestById(store, input.guest)));
    await whileItRuns(input.guest, async ({ monitor }) => {
      for (const what of whats) await giveUpJob(monitor, jobOf(what));
    });
  }

  async function join({ input, state, commit, log }: Context): Promise<void> {
    const whats = Object.keys(state.bases!);
    await whileItRuns(input.guest, async ({ monitor }) => {
      const nodes = await activeNodes(monitor);
      for (const what of whats) await flushNode(monitor, nodes.get(what)!.node);
    });
    await commit();
    await whileItRuns(input.guest, async ({ monitor }) => {
      for (const what of whats) {
        const objection = await joinBase(monitor, jobOf(what));
        if (objection !== undefined) log.warn({ guest: input.guest, what, objection }, "a chain stays long");
        await releaseStacked(monitor, what);
        await releaseNode(monitor, what);
      }
      await forgetSecrets(monitor);
    });
    const guest = await guestById(store, input.guest);
    const tops = writtenLayers(guest);
    const shorter: string[] = [];
    for (const what of whats) if (await believeFile(store, tops[what]!)) shorter.push(what);
    if (shorter.length === 0) return;
    events.append({
      kind: "guest.shortened",
      guest,
      message: `${guest.name} stands on fewer layers: ${shorter.join(", ")}`,
    });
  }

  /** Nothing is to be done in a guest that has ended, or ends meanwhile. */
  async function whileItRuns(guest: string, work: (live: LiveGuest) => Promise<void>): Promise<void> {
    const live = fleet.get(guest);
    if (!live) return;
    try {
      await work(live);
    } catch (error) {
      if (!hasCode(error, "host.qemu_gone") || !live.monitor.isClosed) throw error;
    }
  }
}
