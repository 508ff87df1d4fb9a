/**
 * Whose viewers see their guest, while nothing that they do gets to it: a desktop whose home is still coming, where what is
 * saved would be lost with the guest. Kept in memory, by whoever knows why (domain/desktop/homes.ts).
 */
import { LodgeError } from "#contract/errors";

export class Hands {
  readonly #held = new Set<string>();

  hold(guest: string): void {
    this.#held.add(guest);
  }

  free(guest: string): void {
    this.#held.delete(guest);
  }

  areHeld(guest: string): boolean {
    return this.#held.has(guest);
  }

  /** @throws LodgeError desktop.not_ready */
  requireFree(guest: string): void {
    if (this.areHeld(guest))
      throw new LodgeError("desktop.not_ready", { reason: "its user's files are coming" });
  }
}
