import { EventEmitter, once } from "node:events";
import type { Page } from "#contract/call";
import type { ObjectKind } from "#contract/schema/feed";
import type { Schemas } from "#contract/schemas";
import type { Sight } from "#domain/access/sight";
import type { EventReading, EventService } from "#server/services";

type Event = Schemas["Event"];

interface Told {
  readonly id: string;
  readonly frame: { readonly type: "event"; readonly event: Event } | { readonly type: "change" };
}

/** Events that a test makes happen, and changes that it tells of, all of them kept. A place among them is the last one's id. */
export class FakeEvents implements EventService {
  readonly #told: Told[] = [];
  readonly #happened = new EventEmitter().setMaxListeners(0);
  /** Streams that are being read. */
  readers = 0;

  happen(message: string, more: Partial<Event> = {}): Event {
    const id = this.#nextId();
    const event = { id, at: "2026-01-02T03:04:05.000Z", kind: "guest.started", message, ...more };
    this.#tell({ id, frame: { type: "event", event } });
    return event;
  }

  /** An object has become this, or is gone. */
  change(kind: ObjectKind, id: string, object?: object): void {
    const op = object ? "changed" : "removed";
    const change = { type: "change", op, kind, id, ...(object ? { object } : {}) } as const;
    this.#tell({ id: this.#nextId(), frame: change });
  }

  #nextId(): string {
    return String(this.#told.length + 1).padStart(12, "0");
  }

  #tell(told: Told): void {
    this.#told.push(told);
    this.#happened.emit("told");
  }

  get #last(): string {
    return this.#told.at(-1)?.id ?? "";
  }

  async list(): Promise<Page<Event>> {
    const events = this.#told.flatMap(({ frame }) => (frame.type === "event" ? [frame.event] : []));
    return { items: events.toReversed(), at: this.#last };
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
      const next = this.#told.find(({ id }) => id > at);
      if (next) {
        at = next.id;
        yield [{ at, json: JSON.stringify({ at, ...next.frame }) }];
      } else await once(this.#happened, "told", { signal });
    }
  }
}
