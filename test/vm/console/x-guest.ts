/** A guest with a bare X server and SPICE's agent in it: of the image with a desktop, whose session has made room for them. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { TestLodge, TestLodgeOptions } from "../daemon.ts";
import { DesktopGuest } from "./desktop-guest.ts";
import { extendedClipboard, Viewer, type ViewerOptions } from "./viewer.ts";

export class XGuest {
  readonly lodge: TestLodge;

  private constructor(lodge: TestLodge) {
    this.lodge = lodge;
  }

  /** The guest "x", with its X server up. */
  static async start(options: TestLodgeOptions = {}): Promise<XGuest> {
    const guest = new XGuest((await DesktopGuest.start("x", options)).lodge);
    try {
      const script = await readFile(join(import.meta.dirname, "x-desktop.sh"), "utf8");
      const { code, stderr } = await guest.lodge.exec("x", ["sh", "-c", script]);
      assert.equal(code, 0, stderr);
      return guest;
    } catch (error) {
      await guest.end();
      throw error;
    }
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
