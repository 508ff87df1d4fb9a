import { EventEmitter, once } from "node:events";
import type { Schemas } from "#contract/schemas";
import type { EventService } from "#server/services";

type Event = Schemas["Event"];

/** Events that a test makes happen, all of them kept. */
export class FakeEvents implements EventService {
  readonly #history: Event[] = [];
  readonly #happened = new EventEmitter().setMaxListeners(0);
  /** Streams that are being read. */
  readers = 0;

  happen(message: string): Event {
    const id = String(this.#history.length + 1).padStart(6, "0");
    const event = { id, at: "2026-01-02T03:04:05.000Z", kind: "guest.started", message };
    this.#history.push(event);
    this.#happened.emit("event");
    return event;
  }

  stream(after: string | undefined, signal: AbortSignal): AsyncIterable<Event> {
    const last = after ?? this.#history.at(-1)?.id ?? "";
    return this.#read(last, signal);
  }

  async *#read(after: string, signal: AbortSignal): AsyncGenerator<Event> {
    let last = after;
    this.readers++;
    try {
      for (;;) {
        const next = this.#history.find(({ id }) => id > last);
        if (next) {
          last = next.id;
          yield next;
        } else await once(this.#happened, "event", { signal });
      }
    } finally {
      this.readers--;
    }
  }
}
