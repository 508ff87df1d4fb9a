import { EventEmitter, once } from "node:events";
import type { Page } from "#contract/call";
import type { Schemas } from "#contract/schemas";
import type { Sight } from "#domain/access/sight";
import type { EventReading, EventService } from "#server/services";

type Event = Schemas["Event"];

/** Events that a test makes happen, all of them kept. A place among them is the last event's id. */
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

  get #last(): string {
    return this.#history.at(-1)?.id ?? "";
  }

  async list(): Promise<Page<Event>> {
    return { items: this.#history.toReversed(), at: this.#last };
  }

  async read(
    { after, from }: Schemas["EventQuery"],
    _sight: Sight,
    signal: AbortSignal,
  ): Promise<EventReading> {
    const at = from ?? after ?? this.#last;
    this.readers++;
    return { at, frames: this.#read(at, signal), close: () => this.readers-- };
  }

  async *#read(after: string, signal: AbortSignal): AsyncGenerator<{ at: string; json: string }[]> {
    for (let at = after; ;) {
      const next = this.#history.find(({ id }) => id > at);
      if (next) {
        at = next.id;
        yield [{ at, json: JSON.stringify({ type: "event", at, event: next }) }];
      } else await once(this.#happened, "event", { signal });
    }
  }
}
