/** Guests with the XFCE desktop of Lodge's own recipe, forked from a template in a Lodge of the test's own. */
import type { Schemas } from "#contract/schemas";
import { TestLodge, type TestLodgeOptions } from "../daemon.ts";
import { desktopName, giveDesktop } from "./desktop-template.ts";
import { extendedClipboard, Viewer, type ViewerOptions } from "./viewer.ts";

export class DesktopGuest {
  readonly lodge: TestLodge;
  readonly name: string;

  constructor(lodge: TestLodge, name: string) {
    this.lodge = lodge;
    this.name = name;
  }

  /** A Lodge with a template, and the first guest forked from it. */
  static async start(name: string, options: TestLodgeOptions = {}): Promise<DesktopGuest> {
    const lodge = await TestLodge.start(undefined, { ...options, parked: false, prepare: giveDesktop });
    try {
      return await DesktopGuest.fork(lodge, name);
    } catch (error) {
      await lodge[Symbol.asyncDispose]();
      throw error;
    }
  }

  static async fork(
    lodge: TestLodge,
    name: string,
    body: Partial<Schemas["GuestCreate"]> = {},
  ): Promise<DesktopGuest> {
    const create = lodge.client.call("guestCreate", { body: { image: desktopName, name, ...body } });
    await lodge.done(create);
    return new DesktopGuest(lodge, name);
  }

  /** What a shell command prints, run by whoever is signed in at the desktop. */
  sh(script: string): Promise<string> {
    const bus = "DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/1000/bus";
    const session = `DISPLAY=:0 XDG_RUNTIME_DIR=/run/user/1000 ${bus} HOME=/home/debian`;
    const quoted = script.replaceAll("'", `'\\''`);
    return this.lodge.sh(this.name, `cd /home/debian; runuser -u debian -- env ${session} sh -c '${quoted}'`);
  }

  /** A viewer that has seen a picture. */
  async watch(options: ViewerOptions = {}): Promise<Viewer> {
    const { client, paths } = this.lodge;
    const { ticket } = await client.call("guestDisplayTicket", { params: { guest: this.name }, body: {} });
    const path = `/v1/guests/${this.name}/display?ticket=${ticket}`;
    const encodings = [7, -223, -308, extendedClipboard];
    const viewer = await Viewer.open(paths.socket, path, { encodings, ...options });
    await viewer.until("a picture", () => viewer.frames > 0);
    return viewer;
  }
}
