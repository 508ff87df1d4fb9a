/** Guests that draw: boot sectors as images, and a guest of each. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { keys, noise } from "../boot-sector.ts";
import { MiB, type TestLodge } from "../daemon.ts";

/** "keys" shows a letter for each key, "noise" changes all the time. */
export async function makeDrawingGuests(lodge: TestLodge): Promise<void> {
  for (const [name, disk] of [
    ["keys", keys()],
    ["noise", noise()],
  ] as const) {
    const path = join(lodge.home, `${name}.img`);
    await writeFile(path, disk);
    await lodge.done(lodge.client.call("imageImport", { body: { path, name, agent: "none" } }));
    const body = { image: name, name, memory: 32 * MiB, network: [] };
    await lodge.done(lodge.client.call("guestCreate", { body }));
  }
}
