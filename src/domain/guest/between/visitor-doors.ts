/** The doors at which hosts from outside find this one: each open as long as somebody may come by it, or has still to say something. */
import { hasCode } from "#contract/errors";
import type { Log } from "#base/log";

/** Opens a door at an address; resolves to what closes it. @throws LodgeError api.address_in_use, api.address_refused */
export type OpenDoor = (address: string) => Promise<() => Promise<void>>;

export class VisitorDoors {
  readonly #log: Log;
  readonly #open = new Map<string, ReturnType<OpenDoor>>();
  #opener: OpenDoor | undefined;

  constructor(log: Log) {
    this.#log = log;
  }

  /** From now on doors can be opened. */
  begin(opener: OpenDoor): void {
    this.#opener = opener;
  }

  /** @throws LodgeError api.address_in_use, api.address_refused */
  async open(address: string): Promise<void> {
    if (!this.#opener) return;
    const opening = this.#open.get(address) ?? this.#opener(address);
    this.#open.set(address, opening);
    try {
      await opening;
    } catch (error) {
      this.#open.delete(address);
      throw error;
    }
  }

  /** Has these open, and no others. */
  async keep(addresses: readonly string[]): Promise<void> {
    const wanted = new Set(addresses);
    for (const [address, opened] of this.#open) {
      if (wanted.has(address)) continue;
      this.#open.delete(address);
      await (
        await opened
      )();
    }
    for (const address of wanted) {
      try {
        await this.open(address);
      } catch (error) {
        // An address that this host has not any more.
        if (!hasCode(error, "api.address_in_use", "api.address_refused")) throw error;
        this.#log.warn({ err: error, address }, "guests from outside cannot come by this address");
      }
    }
  }
}
