/**
 * Takes away what a host still has of guests that were taken over from it while it was lost: their folders, and links to
 * layers that lie in a pool which others have, too. Nothing is taken of a guest that no host has: there it may be all that is left.
 */
import { lstat, readdir, unlink } from "node:fs/promises";
import { join, parse } from "node:path";
import { locate } from "#durable/store/partition";
import type { ReadStore } from "#durable/store/store";
import { removeTree } from "#hypervisor/host/remove-tree";
import { guestPrefix } from "../../guest/record.ts";
import { layerPrefix } from "../../volume/layer.ts";

export interface ClearAwayParts {
  /** All hosts' records as they lie. */
  readonly all: ReadStore;
  /** This host's id. */
  readonly host: string;
  readonly places: { readonly guests: string; readonly layers: string };
  /** Milliseconds since the epoch: what was made later is of a guest that is just coming here. */
  readonly before: number;
  /** Is something about this guest under way? */
  readonly isBusy: (guest: string) => boolean;
}

/** @returns what was taken away, by its paths */
export async function clearAway(parts: ClearAwayParts): Promise<string[]> {
  const { guests, layers } = parts.places;
  const gone: string[] = [];
  const take = async (path: string, how: (path: string) => Promise<void>) => {
    if ((await lstat(path)).ctimeMs >= parts.before) return;
    await how(path);
    gone.push(path);
  };
  const guestsElsewhere = await onlyElsewhere(parts, guestPrefix);
  for (const name of await namesIn(guests))
    if (guestsElsewhere.has(name) && !parts.isBusy(name)) await take(join(guests, name), removeTree);
  const layersElsewhere = await onlyElsewhere(parts, layerPrefix);
  for (const name of await namesIn(layers)) {
    const path = join(layers, name);
    // Where it leads to is another host's by now.
    if (layersElsewhere.has(parse(name).name) && (await lstat(path)).isSymbolicLink())
      await take(path, unlink);
  }
  return gone;
}

const namesIn = (folder: string): Promise<string[]> => readdir(folder).catch(() => []);

/** Ids of those that other hosts have and this one has not. */
async function onlyElsewhere({ all, host }: ClearAwayParts, prefix: string): Promise<Set<string>> {
  const here = new Set<string>();
  const there = new Set<string>();
  for (const { key: place } of (await all.list(prefix)).items) {
    const { key, host: whose } = locate(place);
    (whose === host ? here : there).add(key.slice(prefix.length));
  }
  return new Set([...there].filter((id) => !here.has(id)));
}
