/** A guest with a desktop on its screen, for what is measured of it. */
import { gzipSync } from "node:zlib";
import type { Schemas } from "#contract/schemas";
import type { Guest } from "#contract/schema/guest";
import type { Lodge } from "../lodge.ts";
import { rest } from "../row.ts";

/** The image of its guests. */
export const desktopImage = "debian-13-xfce";

/** As its recipe suggests; said, since a disk that is imported suggests nothing. */
export const desktopShape = { cpus: 1, memory: 1536 * 1_048_576 } as const;

/** A command's first words: as whoever is signed in, whom the X server lets in whatever its guest has been called since. */
export const asUser: readonly string[] =
  "runuser -u debian -- env DISPLAY=:0 XDG_RUNTIME_DIR=/run/user/1000".split(" ");

/** What its X server is asked with, as root: LightDM keeps the key to it there. */
const x = "export DISPLAY=:0 XAUTHORITY=/run/lightdm/root/:0;";

/** Milliseconds for a desktop that boots. */
const patience = 300_000;

export class DesktopGuest {
  readonly guest: Guest;
  readonly #lodge: Lodge;

  constructor(lodge: Lodge, guest: Guest) {
    this.#lodge = lodge;
    this.guest = guest;
  }

  /** Resolves once its desktop is drawn. */
  static async start(lodge: Lodge, body: Schemas["GuestCreate"]): Promise<DesktopGuest> {
    const made = new DesktopGuest(lodge, await lodge.run({ image: desktopImage, ...desktopShape, ...body }));
    try {
      await made.ready();
      return made;
    } catch (error) {
      await made.remove();
      throw error;
    }
  }

  async ready(): Promise<void> {
    for (const end = performance.now() + patience; performance.now() < end; await rest(500))
      if ((await this.sh("test ! -e /run/lodge/desktop-ready || echo ready")) === "ready\n") return;
    throw new TypeError("the desktop was never drawn");
  }

  /** What a shell command prints that can ask the X server. */
  async sh(script: string): Promise<string> {
    const { output } = await this.#lodge.inside(this.guest.name, "sh", "-c", `${x} ${script}`);
    return output;
  }

  /** A command that goes on; it can ask the X server. */
  begin(...argv: string[]): ReturnType<Lodge["client"]["exec"]> {
    return this.#lodge.client.exec(this.guest.name, { argv: ["sh", "-c", `${x} exec "$@"`, "sh", ...argv] });
  }

  /** Gives it a file, which must be gone over with gzip on the way: a guest's port is slow. */
  async give(path: string, content: Buffer): Promise<void> {
    const command = await this.#lodge.client.exec(this.guest.name, {
      argv: ["sh", "-c", 'gzip -d >"$1"', "sh", path],
    });
    command.stdout.resume();
    command.stderr.resume();
    command.stdin.end(gzipSync(content, { level: 1 }));
    const { code } = await command.exit;
    if (code !== 0) throw new TypeError(`${path} could not be written in the guest`);
  }

  /** What is on its screen by QEMU's own account: a PNG in base64. */
  async picture(): Promise<string> {
    const answer = await this.#lodge.client.call("guestScreenshot", { params: { guest: this.guest.id } });
    return Buffer.from(answer).toString("base64");
  }

  /** "1280,720", from the picture's head. */
  async size(): Promise<string> {
    const head = Buffer.from((await this.picture()).slice(0, 64), "base64");
    return [head.readUInt32BE(16), head.readUInt32BE(20)].join();
  }

  remove(): Promise<void> {
    return this.#lodge.remove(this.guest);
  }
}
