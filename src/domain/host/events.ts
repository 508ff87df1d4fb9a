/**
 * What happened, in order: kept in memory for those who follow, and as lines of JSON in a file, so that a
 * restart forgets nothing. Lies outside the store: a record of the past, not a part of the state.
 */
import { EventEmitter } from "node:events";
import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { defaultProject, type Owner } from "#contract/access";
import type { Clock } from "#base/clock";
import type { Schemas } from "#contract/schemas";

export type Event = Schemas["Event"];

/** As it is in the file. */
interface Logged extends Event {
  readonly source?: string;
}

export interface NewEvent {
  /** "noun.what_happened" */
  readonly kind: string;
  readonly message: string;
  readonly guest?: {
    readonly id: string;
    readonly name: string;
    readonly project?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  /** Whose it is, where it is not about a guest. */
  readonly project?: string;
}

/** Events kept; the file is cut back to this when it holds twice as many. */
const kept = 5000;

export class EventLog {
  readonly #file: string;
  readonly #clock: Clock;
  readonly #host: string | undefined;
  /** What those of other hosts are called among hosts, by their id here. */
  readonly #sources = new Map<string, string>();
  readonly #emitter = new EventEmitter();
  #events: Event[];
  #lines: number;
  #unwritten: string[] = [];

  /** `host`: this one's name, in a cluster. */
  constructor(file: string, clock: Clock, host?: string) {
    this.#file = file;
    this.#clock = clock;
    this.#host = host;
    this.#emitter.setMaxListeners(0);
    const lines = existsSync(file) ? readFileSync(file, "utf8").split("\n") : [];
    this.#events = lines
      .flatMap(parse)
      .slice(-kept)
      .map((logged) => this.#know(logged));
    this.#lines = lines.length;
  }

  append({ kind, message, guest, project = guest?.project }: NewEvent): void {
    this.#add({
      id: this.#nextId(),
      at: new Date(this.#clock.now()).toISOString(),
      kind,
      ...(this.#host === undefined ? {} : { host: this.#host }),
      message,
      ...(guest ? { guest: guest.id, guestName: guest.name } : {}),
      ...(project === undefined ? {} : { project }),
      // As they are now: whoever is told later, of a guest that is gone, can still go by them.
      ...(guest?.labels && Object.keys(guest.labels).length > 0 ? { labels: guest.labels } : {}),
    });
  }

  /** Takes over what happened on another host, once. `source`: what it is called among hosts. */
  take(source: string, event: Event): void {
    if ([...this.#sources.values()].includes(source)) return;
    this.#add(this.#know({ ...event, id: this.#nextId(), source }));
  }

  /** Did it happen on this host? */
  isOwn({ host }: Pick<Event, "host">): boolean {
    return host === undefined || host === this.#host;
  }

  #nextId(): string {
    return String(Number(this.#events.at(-1)?.id ?? "0") + 1).padStart(12, "0");
  }

  #know({ source, ...event }: Logged): Event {
    if (source !== undefined) this.#sources.set(event.id, source);
    return event;
  }

  #line(event: Event): string {
    const source = this.#sources.get(event.id);
    return `${JSON.stringify(source === undefined ? event : { ...event, source })}\n`;
  }

  #add(event: Event): void {
    this.#events.push(event);
    if (this.#events.length > 2 * kept) this.#forget();
    this.#unwritten.push(this.#line(event));
    this.#write();
    this.#emitter.emit("event", event);
  }

  #forget(): void {
    for (const { id } of this.#events.slice(0, -kept)) this.#sources.delete(id);
    this.#events = this.#events.slice(-kept);
  }

  /** A full disk fails nobody who tells what happened: it is written with the next event that can be. */
  #write(): void {
    try {
      appendFileSync(this.#file, this.#unwritten.join(""), { mode: 0o640 });
      this.#lines += this.#unwritten.length;
      this.#unwritten = [];
      if (this.#lines > 2 * kept) this.#cut();
    } catch {
      // Half a line may have been written: what comes next begins another.
      this.#unwritten = ["\n", ...this.#unwritten.filter((line) => line !== "\n")].slice(-kept);
    }
  }

  /** By another file, so that a crash, or a disk that is full, leaves the whole of one. */
  #cut(): void {
    const events = this.#events.slice(-kept);
    const partial = `${this.#file}.new`;
    writeFileSync(partial, events.map((event) => this.#line(event)).join(""), { mode: 0o640 });
    renameSync(partial, this.#file);
    this.#lines = events.length;
  }

  /** All that are kept, oldest first. */
  all(): readonly Event[] {
    return this.#events;
  }

  /** Id of the last event; "" where there is none. */
  get lastId(): string {
    return this.#events.at(-1)?.id ?? "";
  }

  /** Those after the given id, oldest first; undefined where some of them are not kept any more. */
  after(id: string): readonly Event[] | undefined {
    const oldest = Number(this.#events[0]?.id ?? 1);
    if (Number(id) + 1 < oldest || id > this.lastId) return undefined;
    return this.#events.filter((event) => event.id > id);
  }

  /** Those after the given id that are kept, oldest first, and how many were between and are not. */
  since(id: string): { readonly events: readonly Event[]; readonly lost: number } {
    const [oldest] = this.#events;
    const lost = oldest ? Math.max(0, Number(oldest.id) - Number(id) - 1) : 0;
    // Whoever follows is near the end.
    return { events: this.#events.slice(this.#events.findLastIndex((event) => event.id <= id) + 1), lost };
  }

  /** Calls with each new event, in order, until the function that it returns is called. */
  listen(listener: (event: Event) => void): () => void {
    this.#emitter.on("event", listener);
    return () => this.#emitter.off("event", listener);
  }
}

/** Whose an event is: one of when there were no projects, and about a guest, is the default one's. */
export const eventOwner = ({ project, guest }: Pick<Event, "project" | "guest">): Owner => ({
  project: project ?? (guest === undefined ? undefined : defaultProject),
});

/** A line that was cut short by a crash is passed over. */
function parse(line: string): Logged[] {
  try {
    return [JSON.parse(line) as Logged];
  } catch {
    return [];
  }
}
