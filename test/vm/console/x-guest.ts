/** A guest with an X server and SPICE's agent in it, of Debian's packages, in a Lodge of the test's own. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { imageKey, imageNamed } from "#domain/image/record";
import { MiB, TestLodge, type TestLodgeOptions } from "../daemon.ts";
import { debianImage } from "../debian-image.ts";
import { extendedClipboard, Viewer, type ViewerOptions } from "./viewer.ts";

export class XGuest {
  readonly lodge: TestLodge;

  private constructor(lodge: TestLodge) {
    this.lodge = lodge;
  }

  /** The guest "x", with its X server up. */
  static async start(options: TestLodgeOptions = {}): Promise<XGuest> {
    const { path } = await debianImage("x-guest", import.meta.dirname);
    const lodge = await TestLodge.start(undefined, options);
    const guest = new XGuest(lodge);
    try {
      // No template: parking one of this image would take the processors for minutes.
      await lodge.client.call("templateBudgetUpdate", { body: { memory: 0, disk: 0 } });
      await lodge.done(lodge.client.call("imageImport", { body: { path, name: "x", agent: "lodge" } }));
      await guest.#withoutSeed();
      await lodge.run({ image: "x", name: "x", memory: 768 * MiB, cold: true });
      const script = await readFile(join(import.meta.dirname, "x-desktop.sh"), "utf8");
      const { code, stderr } = await lodge.exec("x", ["sh", "-c", script]);
      assert.equal(code, 0, stderr);
      return guest;
    } catch (error) {
      await guest.end();
      throw error;
    }
  }

  /** cloud-init, which nobody needs here, does not begin where no seed is found; it takes the processor for longer than all the rest. */
  async #withoutSeed(): Promise<void> {
    const { lodge } = this;
    await lodge.end("SIGTERM");
    await lodge.withStore(async (store) => {
      const { image } = (await imageNamed(store, "default", "x"))!;
      await store.transact({ put: [{ key: imageKey(image.id), value: { ...image, cloudInit: false } }] });
    });
    await lodge.start();
  }

  /** What a shell command prints that can ask the X server. */
  sh(script: string, guest = "x"): Promise<string> {
    return this.lodge.sh(guest, `export DISPLAY=:0; ${script}`);
  }

  /** A viewer that has seen a picture. */
  async watch(guest = "x", viewOnly = false, options: ViewerOptions = {}): Promise<Viewer> {
    const { client, paths } = this.lodge;
    const { ticket } = await client.call("guestDisplayTicket", { params: { guest }, body: { viewOnly } });
    const path = `/v1/guests/${guest}/display?ticket=${ticket}`;
    const encodings = [7, -223, -308, extendedClipboard];
    const viewer = await Viewer.open(paths.socket, path, { encodings, ...options });
    await viewer.until("a picture", () => viewer.frames > 0);
    return viewer;
  }

  end(): Promise<void> {
    return this.lodge[Symbol.asyncDispose]();
  }
}
