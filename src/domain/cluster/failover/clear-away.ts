/**
 * Takes away what a host still has of guests that were taken over from it while it was lost: their folders, and links to
 * layers that lie in a pool which others have, too. Nothing is taken of a guest that no host has, unless it is written that it was taken
 * over: whoever had it then may have removed it since. Of any other it may be all that is left.
 */
import { lstat, readdir, unlink } from "node:fs/promises";
import { join, parse } from "node:path";
import { locate, placeOf } from "#durable/store/partition";
import type { Store } from "#durable/store/store";
import { removeTree } from "#hypervisor/host/remove-tree";
import { guestPrefix } from "../../guest/record.ts";
import { layerPrefix } from "../../volume/layer.ts";
import { HostRecords, leftKey, leftPrefix, type LeftBehind } from "./belongings.ts";

export interface ClearAwayParts {
  /** All hosts' records as they lie. */
  readonly all: Store;
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
  const left = await new HostRecords(parts.all, parts.host).list<LeftBehind>(leftPrefix);
  const leftGuests = left.map(({ key }) => locate(key).key.slice(leftPrefix.length));
  const guestsElsewhere = await onlyElsewhere(parts, guestPrefix, leftGuests);
  for (const name of await namesIn(guests))
    if (guestsElsewhere.has(name) && !parts.isBusy(name)) await take(join(guests, name), removeTree);
  const leftLayers = left.flatMap(({ value }) => value.layers);
  const layersElsewhere = await onlyElsewhere(parts, layerPrefix, leftLayers);
  for (const name of await namesIn(layers)) {
    const path = join(layers, name);
    // Where it leads to is another host's by now.
    if (layersElsewhere.has(parse(name).name) && (await lstat(path)).isSymbolicLink())
      await take(path, unlink);
  }
  const done = leftGuests.filter((guest) => !parts.isBusy(guest));
  if (done.length > 0)
    await parts.all.transact({ delete: done.map((guest) => placeOf(parts.host, leftKey(guest))) });
  return gone;
}

const namesIn = (folder: string): Promise<string[]> => readdir(folder).catch(() => []);

/** Ids of those that other hosts have, or had, and this one has not. */
async function onlyElsewhere(
  { all, host }: ClearAwayParts,
  prefix: string,
  left: readonly string[],
): Promise<Set<string>> {
  const here = new Set<string>();
  const there = new Set(left);
  for (const { key: place } of (await all.list(prefix)).items) {
    const { key, host: whose } = locate(place);
    (whose === host ? here : there).add(key.slice(prefix.length));
  }
  return new Set([...there].filter((id) => !here.has(id)));
}
