/** Displays that say what they are told: real tickets, and bytes that come back. */
import { LodgeError } from "#contract/errors";
import { systemClock } from "#base/clock";
import { Tickets } from "#domain/console/tickets";
import { closeCode, type ViewerSocket } from "#domain/console/viewer-socket";
import type { ConsoleService, SoundService } from "#server/services";

export class FakeConsoles implements ConsoleService, SoundService {
  readonly #tickets = new Tickets(systemClock);
  readonly #idOf: (ref: string) => string;
  /** Sizes that serial consoles were said to have: "db 24x80". */
  readonly sizes: string[] = [];
  /** Files that were dropped: "db a.txt 5 bytes". */
  readonly dropped: string[] = [];
  /** Viewers that are there. */
  open = 0;

  constructor(idOf: (ref: string) => string) {
    this.#idOf = idOf;
  }

  issue: ConsoleService["issue"] = async (ref, terms) =>
    this.#tickets.issue({ guest: this.#idOf(ref), ...terms });

  redeem: ConsoleService["redeem"] = async (ref, { ticket, use, holder, admit }) => {
    const grant = this.#tickets.redeem(ticket, { guest: this.#idOf(ref), holder, use });
    await admit(grant);
    return grant;
  };

  resizeSerial: ConsoleService["resizeSerial"] = async (ref, { rows, cols }) => {
    this.sizes.push(`${ref} ${rows}x${cols}`);
  };

  drop: ConsoleService["drop"] = async (ref, { name }, content) => {
    let length = 0;
    for await (const bytes of content as AsyncIterable<Buffer>) length += bytes.length;
    this.dropped.push(`${ref} ${name} ${length} bytes`);
    return "/root";
  };

  async watch(ref: string, shown: Parameters<ConsoleService["watch"]>[1], socket: ViewerSocket) {
    try {
      await this.redeem(ref, shown);
    } catch (error) {
      return socket.close(closeCode.refused, (error as LodgeError).code);
    }
    this.open++;
    socket.onBytes((bytes) => void socket.send(bytes));
    await new Promise<void>((resolve) =>
      socket.gone.addEventListener("abort", () => resolve(), { once: true }),
    );
    this.open--;
  }

  listen: SoundService["listen"] = (ref, shown, socket) => this.watch(ref, shown, socket);
}
