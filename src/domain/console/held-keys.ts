/**
 * The keys that a viewer holds, and whether it is still there to let them go. QEMU lets go of them when the connection ends; a
 * network that breaks off ends none for minutes, while a guest repeats the letter or has all that others type with Control.
 *
 *   none held ──press──► held ──nothing heard for a while──► asked ──no answer──► let go
 *                         ▲                                    │
 *                         └──────── anything is heard ─────────┘
 */

/** Milliseconds of silence after which a viewer that holds keys is asked, and that it then has to answer. */
const quiet = 2_000;
const patience = 4_000;

export class HeldKeys {
  /** What releases each, by its place or its keysym. */
  readonly #releases = new Map<string, Buffer>();
  #heardAt = 0;
  #askedAt: number | undefined;

  /** Notes a key event, RFB's (4) or QEMU's own (255), that goes to QEMU. */
  note(bytes: Buffer): void {
    const extended = bytes[0] === 255;
    const key = `${extended} ${bytes.readUInt32BE(extended ? 8 : 4)}`;
    const release = Buffer.from(bytes);
    release.fill(0, extended ? 2 : 1, extended ? 4 : 2);
    if (release.equals(bytes)) this.#releases.delete(key);
    else this.#releases.set(key, release);
  }

  /** Notes that the viewer is there. */
  heard(now: number): void {
    this.#heardAt = now;
    this.#askedAt = undefined;
  }

  /** Is it to be asked now whether it is there? It counts as asked. */
  asks(now: number): boolean {
    if (this.#releases.size === 0 || this.#askedAt !== undefined || now - this.#heardAt < quiet) return false;
    this.#askedAt = now;
    return true;
  }

  /** What lets go of all keys of a viewer that does not answer; nothing where it does, or holds none. */
  lost(now: number): readonly Buffer[] {
    if (this.#askedAt === undefined || now - this.#askedAt < patience) return [];
    this.#askedAt = undefined;
    const releases = [...this.#releases.values()];
    this.#releases.clear();
    return releases;
  }

  /** Another machine holds none of them. */
  forget(): void {
    this.#releases.clear();
    this.#askedAt = undefined;
  }
}
