/**
 * What reaches into somebody's desktop, or makes a copy of it, besides himself: an admin who says why, and whose word he is shown.
 * Nobody at all gets into one that waits: whoever was in it would still be there when somebody has it.
 */
import { LodgeError } from "#contract/errors";
import type { Route } from "#contract/route";
import type { DesktopMark } from "#contract/schema/desktop-mark";
import type { Clock } from "#base/clock";
import type { Store } from "#durable/store/store";
import { guestKey, type GuestRecord } from "../guest/record.ts";
import { volumeKey, type VolumeRecord } from "../volume/record.ts";
import type { HomeState } from "./homes.ts";
import type { DesktopLines } from "./lines.ts";
import { desktopOf, findDesktop } from "./record.ts";
import { leaveWord, takeWords, type Owner } from "./words.ts";

/** What somebody is about to do, to a guest or to a volume. */
export interface Intrusion {
  readonly kind: NonNullable<Route["intrudes"]>;
  readonly noun: "guest" | "volume";
  readonly id: string;
  /** What he is called. */
  readonly by: string;
  /** Of the project that it is of. */
  readonly isAdmin: boolean;
  readonly reason: string | undefined;
}

export interface IntrusionsParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly lines: DesktopLines;
  readonly homeOf: (desktop: string) => HomeState | undefined;
}

/** Whose it is, in so far as it is somebody's. */
interface Found {
  /** In words. */
  readonly name: string;
  readonly state: DesktopMark["state"];
  readonly desktop?: string | undefined;
  readonly owner?: Owner | undefined;
}

/** Milliseconds in which the same is not said again: to copy a file takes three commands. */
const saidFor = 900_000;

const does = { inside: "reach into it", copy: "copy it" } as const;
const says = {
  inside: "An administrator reached into this desktop",
  copy: "An administrator made a copy of this desktop",
} as const;

export class Intrusions {
  readonly #parts: IntrusionsParts;
  /** When what was said to whom. */
  readonly #said = new Map<string, number>();

  constructor(parts: IntrusionsParts) {
    this.#parts = parts;
  }

  /** @returns whether it is somebody's, who is told. @throws LodgeError desktop.waiting, .somebodys, .private, .not_ready */
  async admit(intrusion: Intrusion): Promise<boolean> {
    const found = await this.#find(intrusion);
    if (!found) return false;
    const { name: guest, state, desktop, owner } = found;
    const { kind, isAdmin, reason } = intrusion;
    if (state !== "taken") throw new LodgeError("desktop.waiting", { guest });
    if (kind === "never") throw new LodgeError("desktop.somebodys", { guest });
    if (!isAdmin || reason === undefined)
      throw new LodgeError("desktop.private", { guest, what: does[kind] });
    if (desktop !== undefined && kind === "inside" && this.#parts.homeOf(desktop) === "coming")
      throw new LodgeError("desktop.not_ready", { reason: "its user's files are coming" });
    if (owner) await this.#tell(owner, desktop, intrusion.by, `${says[kind]}: ${reason}`);
    return true;
  }

  /** Kept first, so that he is told in any case: in the pages that he has open, or when he comes. */
  async #tell(owner: Owner, desktop: string | undefined, from: string, text: string): Promise<void> {
    const { store, clock, lines } = this.#parts;
    const now = clock.now();
    for (const [key, at] of this.#said) if (at + saidFor < now) this.#said.delete(key);
    const key = JSON.stringify([owner.pool, owner.user, from, text]);
    if (this.#said.has(key)) return;
    this.#said.set(key, now);
    try {
      await leaveWord(store, owner, { type: "message", from, text, at: new Date(now).toISOString() });
    } catch (error) {
      this.#said.delete(key);
      throw error;
    }
    if (desktop === undefined || !lines.has(desktop)) return;
    for (const word of await takeWords(store, owner)) lines.send(desktop, word);
  }

  async #find({ noun, id }: Intrusion): Promise<Found | undefined> {
    if (noun === "guest") return this.#ofGuest(id);
    const [guest = "", disk] = id.split(":");
    if (disk !== undefined) return this.#ofGuest(guest);
    const volume = (await this.#parts.store.get(volumeKey(id)))?.value as VolumeRecord | undefined;
    if (volume?.home) {
      const { pool, user } = volume.home;
      const desktop = await desktopOf(this.#parts.store, pool, user);
      return { name: volume.name, state: "taken", desktop: desktop?.id, owner: { pool, user } };
    }
    return volume?.place.kind === "guest" ? this.#ofGuest(volume.place.guest) : undefined;
  }

  async #ofGuest(id: string): Promise<Found | undefined> {
    const guest = (await this.#parts.store.get(guestKey(id)))?.value as GuestRecord | undefined;
    if (!guest?.desktop) return undefined;
    const { state, desktop } = guest.desktop;
    const owner = desktop === undefined ? undefined : await findDesktop(this.#parts.store, desktop);
    return { name: guest.name, state, desktop, owner };
  }
}
