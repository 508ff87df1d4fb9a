/**
 * Tells a guest how large the window of its serial console is. A serial line has no word for it, so the guest's agent
 * says it to the terminal's driver, which tells whatever runs there (SIGWINCH). Without an agent nothing happens.
 */
import type { Log } from "#base/log";
import { asLodgeError } from "#contract/errors";
import type { LiveGuest } from "../guest/live.ts";

export interface SerialSize {
  readonly rows: number;
  readonly cols: number;
}

/** The first serial port, as Linux calls it. */
const port = "/dev/ttyS0";
/** Milliseconds for the agent: a size that comes later than this is of no use to anybody. */
const patience = 5000;

export class SerialSizes {
  readonly #log: Log;
  /** What each guest is still to be told: a window that is being drawn larger has many sizes, of which the last counts. */
  readonly #wanted = new Map<string, SerialSize>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** Never fails; resolves once the guest knows this size or a later one, or cannot be told. */
  async tell({ id, inside }: Pick<LiveGuest, "id" | "inside">, size: SerialSize): Promise<void> {
    const busy = this.#wanted.has(id);
    this.#wanted.set(id, size);
    if (busy) return;
    for (let now: SerialSize | undefined = size; now; now = this.#next(id, now)) {
      const argv = ["stty", "-F", port, "rows", String(now.rows), "cols", String(now.cols)];
      await inside.run(argv, { timeout: patience }).catch((error: unknown) => {
        this.#log.debug(
          { guest: id, code: asLodgeError(error).code },
          "a serial console's size was not told",
        );
      });
    }
  }

  /** What came while `told` was told. */
  #next(id: string, told: SerialSize): SerialSize | undefined {
    const wanted = this.#wanted.get(id);
    if (wanted !== told) return wanted;
    this.#wanted.delete(id);
    return undefined;
  }
}
