/** A guest of Lodge's that goes to and fro between the two hosts of the shared cluster as it is typed, with a heartbeat. */
import type { Operation } from "#contract/operation";
import type { Guest } from "#contract/schema/guest";
import type { Cluster, Host } from "./cluster.ts";
import type { Figure } from "./figures.ts";
import { beat, listen } from "./heartbeat.ts";
import { image, type Lodge } from "./lodge.ts";
import { patternOf } from "./raw-qemu.ts";
import { detached, quiet, RawTraveller, type Hop, type TravellerOptions } from "./raw-move.ts";
import { rest, timed } from "./row.ts";

export interface Moved extends Hop {
  /** Milliseconds: that the operation took, and that its processors stood still by Lodge's account. */
  readonly operation: number;
  readonly pause: number;
}

export class MovedGuest {
  readonly guest: Guest;
  readonly #cluster: Cluster;
  readonly #logs: readonly string[];
  #at: 0 | 1 = 0;

  private constructor(cluster: Cluster, guest: Guest) {
    this.#cluster = cluster;
    this.guest = guest;
    this.#logs = cluster.all.map((host) => cluster.serialLog(host, guest));
  }

  /** Forked and running on the first host. What its disk stands on is at the second, too. */
  static async start(cluster: Cluster, name: string): Promise<MovedGuest> {
    const moved = new MovedGuest(cluster, await cluster.run(cluster.all[0]!, { image, name }));
    await moved.inside(...detached(beat));
    // The first to a host brings the image that its disk stands on.
    for (const host of [cluster.all[1]!, cluster.all[0]!])
      await cluster.typed(host, "move", name, "--to", host.name);
    return moved;
  }

  get #host(): Host {
    return this.#cluster.all[this.#at]!;
  }

  async inside(...argv: string[]): Promise<void> {
    const { code, output } = await this.#cluster.inside(this.#host, this.guest.name, ...argv);
    if (code !== 0) throw new TypeError(`${argv.join(" ")} failed in the guest: ${output}`);
  }

  /** To the other host. */
  async hop(...flags: string[]): Promise<Moved> {
    const from = this.#host;
    const to = this.#cluster.all[1 - this.#at]!;
    const calm = await quiet(...this.#logs);
    const stop = listen(...this.#logs);
    const words = ["move", this.guest.name, "--to", to.name, ...flags];
    const total = await timed(() => this.#cluster.typed(from, ...words));
    await rest(500);
    const { longest: silence, late } = stop();
    this.#at = this.#at === 0 ? 1 : 0;
    const operation = await lastMove(from);
    const { pause = Number.NaN, transferred = 0 } = operation.result as MoveResult;
    const took = Date.parse(operation.endedAt!) - Date.parse(operation.startedAt);
    return { total, silence, calm, late, sent: transferred / 2 ** 20, pause, operation: took };
  }

  async remove(): Promise<void> {
    await this.#cluster.remove(this.#host, this.guest.name);
  }
}

interface MoveResult {
  readonly pause?: number;
  readonly transferred?: number;
}

async function lastMove({ client }: Host): Promise<Operation> {
  const all = (await client.call("operationList", { query: {} })).filter(({ kind }) => kind === "guest.move");
  const [last] = all.toSorted((a, b) => b.startedAt.localeCompare(a.startedAt));
  if (!last) throw new TypeError("there is no operation of the move");
  return last;
}

/** Has a machine by hand of the same shape for as long as `work` takes. */
export async function withTraveller<T>(
  lodge: Lodge,
  work: (traveller: RawTraveller) => Promise<T>,
  options: TravellerOptions = {},
): Promise<T> {
  await lodge.parked();
  const made = await lodge.run();
  try {
    const pattern = await patternOf(await lodge.client.call("guestGet", { params: { guest: made.id } }));
    const traveller = await RawTraveller.start(lodge, pattern, options);
    try {
      return await work(traveller);
    } finally {
      await traveller.remove();
    }
  } finally {
    await lodge.remove(made);
  }
}

export const ms = (what: string, who: Figure["who"], samples: readonly number[]): Figure => ({
  what,
  who,
  unit: "ms",
  samples,
  bars: [],
});

export const seconds = (what: string, who: Figure["who"], samples: readonly number[]): Figure => ({
  what,
  who,
  unit: "s",
  samples: samples.map((one) => one / 1000),
  bars: [],
});
