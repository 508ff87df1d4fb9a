/**
 * What this host may run only as long as it surely has its place in the cluster: its highly available guests. Each is in
 * here before its process begins, and the fence knows all of them (hypervisor/fence):
 *
 *   beat kept ──► deadline = when it was SENT + what the lease lasts − the margin ──► fence
 *   admit ──► its process begins ──► know ──► …… ──► release
 *
 * The store may have counted from a later moment than the one at which it was asked, never from an earlier one: so the fence has
 * acted before the lease can be over, by the margin.
 */
import { LodgeError } from "#contract/errors";
import { bootTime } from "#base/libc";
import type { Log } from "#base/log";
import type { ProcessRef } from "#base/process";
import type { Fence } from "#hypervisor/fence/fence";
import type { Held } from "#hypervisor/fence/watch";

/** Milliseconds that a fence and the kernel have to end a guest before its lease is over. */
export const fenceMargin = 2000;
/** Milliseconds that have to be left for a guest to begin: else it would only be ended again. */
const leastLeft = 500;

export interface HoldsParts {
  readonly fence: Pick<Fence, "tell" | "adopt" | "close">;
  readonly log: Log;
  /** Milliseconds; default: bootTime(). */
  readonly time?: () => number;
}

interface HeldGuest {
  readonly id: string;
  readonly name: string;
}

export class Holds {
  readonly #parts: HoldsParts;
  readonly #guests = new Map<string, Held>();
  readonly #time: () => number;
  #until = 0;

  constructor(parts: HoldsParts) {
    this.#parts = parts;
    this.#time = parts.time ?? bootTime;
  }

  /** Does the deadline lie ahead? */
  get holds(): boolean {
    return this.#time() < this.#until;
  }

  /**
   * Takes up the fence of an earlier daemon. `guests`: those that this one left running, which go on being held; the fence is told of
   * them with the first beat that is kept, and until then by what it was told before.
   */
  async open(guests: readonly Held[]): Promise<void> {
    for (const guest of guests) this.#guests.set(guest.id, guest);
    await this.#parts.fence.adopt();
  }

  /** Are there guests that a fence has to watch? */
  get any(): boolean {
    return this.#guests.size > 0;
  }

  /** Lets go of all that have ended without this daemon's seeing it. */
  async keepOnly(lives: (id: string) => boolean): Promise<void> {
    const gone = [...this.#guests.keys()].filter((id) => !lives(id));
    for (const id of gone) this.#guests.delete(id);
    if (gone.length > 0) await this.#tell();
  }

  /** The beat's lease was kept, as it was asked for at `sentAt` (bootTime()) for `lasts` milliseconds. */
  async kept(sentAt: number, lasts: number): Promise<void> {
    this.#until = sentAt + lasts - fenceMargin;
    await this.#tell();
  }

  /**
   * Lets a guest begin, whose process is found by the mark from then on.
   *
   * @throws LodgeError guest.not_held: this host does not have its place, or no fence watches
   */
  async admit({ id, name }: HeldGuest, mark: string): Promise<void> {
    const refuse = (reason: string, cause?: unknown) =>
      new LodgeError("guest.not_held", { guest: name, reason }, { cause });
    const before = this.#guests.get(id);
    this.#guests.set(id, { id, mark });
    try {
      await this.#parts.fence.tell(this.#told());
    } catch (error) {
      if (before) this.#guests.set(id, before);
      else this.#guests.delete(id);
      throw refuse("no fence answers, which would end it in time", error);
    }
    if (this.#until - this.#time() >= leastLeft) return;
    this.#guests.delete(id);
    await this.#tell();
    throw refuse("this host does not have its place in the cluster right now");
  }

  /** What was admitted, or was found running by a daemon that starts, is this process. */
  async know({ id }: Pick<HeldGuest, "id">, mark: string, { pid, startTime }: ProcessRef): Promise<void> {
    this.#guests.set(id, { id, mark, process: { pid, startTime } });
    await this.#tell();
  }

  /** It has ended, or is highly available no more. */
  async release(id: string): Promise<void> {
    if (this.#guests.delete(id)) await this.#tell();
  }

  close(): void {
    this.#parts.fence.close();
  }

  #told() {
    return { until: this.#until, guests: [...this.#guests.values()] };
  }

  /** Whoever only tells it what is so has no use for its failing: the next word tells all again. */
  async #tell(): Promise<void> {
    try {
      await this.#parts.fence.tell(this.#told());
    } catch (error) {
      this.#parts.log.error({ err: error }, "no fence watches the highly available guests");
    }
  }
}
