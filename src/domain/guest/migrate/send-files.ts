/** The files of a guest that the target lacks, each over a connection of its own, one after another. */
import { join } from "node:path";
import { LodgeError } from "#contract/errors";
import type { StepContext } from "#durable/operation/define";
import type { Fleet } from "../fleet.ts";
import { storedAt } from "../../volume/stored.ts";
import { guestPlace } from "../place.ts";
import type { Cargo } from "./cargo.ts";
import type { Destination } from "./destination.ts";
import { sendFile } from "./stream-file.ts";

/** What a file of the cargo is called on its way. */
export const fileName = {
  layer: (id: string): string => `layer:${id}`,
  image: (id: string): string => `image:${id}`,
  own: (path: string): string => `own:${path}`,
};

interface Sent {
  readonly path: string;
  readonly bytes: number;
}

/** Every file that may be asked for, by its name. */
async function filesOf(
  { parts: { places } }: Pick<Fleet, "parts">,
  cargo: Cargo,
): Promise<Map<string, Sent>> {
  const { folder } = guestPlace(places, cargo.guest.id);
  const found = new Map<string, Sent>();
  for (const { layer, bytes } of cargo.layers)
    found.set(fileName.layer(layer.id), { path: (await storedAt(layer.path)) ?? layer.path, bytes });
  for (const { id, path, bytes } of cargo.images) found.set(fileName.image(id), { path, bytes });
  for (const { path, bytes } of cargo.files)
    found.set(fileName.own(path), { path: join(folder, path), bytes });
  return found;
}

export async function sendFiles(
  what: {
    readonly fleet: Fleet;
    readonly cargo: Cargo;
    readonly destination: Pick<Destination, "connect">;
    readonly move: string;
    readonly files: readonly string[];
  },
  { signal, progress }: Pick<StepContext<unknown, object>, "signal" | "progress">,
): Promise<void> {
  const known = await filesOf(what.fleet, what.cargo);
  const wanted = what.files.map((name, at) => {
    const file = known.get(name);
    // What nobody packed cannot be asked for.
    if (!file) throw new LodgeError("move.cut");
    return { at, ...file };
  });
  const total = wanted.reduce((sum, { bytes }) => sum + bytes, 1);
  let sent = 0;
  const onSent = (bytes: number) => {
    sent += bytes;
    const fraction = 0.2 * Math.min(1, sent / total);
    progress({ fraction, message: `copying files: ${Math.round(sent / 2 ** 20)} MiB` });
  };
  for (const { at, path } of wanted) {
    const lane = await what.destination.connect(what.move, { kind: "file", at }, signal);
    await sendFile(path, lane, { signal, onSent });
  }
}
