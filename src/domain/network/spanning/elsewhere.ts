/**
 * Guests of other hosts, as far as networks care, from memory: which is where. It is read before networks are set up, and
 * kept up by whoever follows the whole store.
 */
import { locate } from "#durable/store/partition";
import type { Followed } from "#durable/store/follow";
import type { Publish } from "#contract/schema/guest";
import type { Member } from "../member.ts";

export interface RemoteMember extends Member {
  /** The host's id. */
  readonly host: string;
  /** Of its published ports those that this host answers too: where nothing else of the host's own has the port. */
  readonly answered: readonly Publish[];
}

interface Known {
  readonly member: Omit<RemoteMember, "answered">;
  /** The same, to be compared. */
  readonly text: string;
}

const portOf = ({ protocol, hostPort }: Publish): string => `${hostPort}/${protocol}`;

export class Elsewhere {
  readonly #self: string;
  readonly #isFree: (port: Publish) => Promise<boolean>;
  readonly #members = new Map<string, Known>();
  /** Of ports that guests elsewhere publish: is it free here? As it was when it was first seen. */
  readonly #free = new Map<string, boolean>();
  /** As they were asked for last: they are asked for more often than they change. */
  #all: readonly RemoteMember[] | undefined;

  constructor(self: string, isFree: (port: Publish) => Promise<boolean>) {
    this.#self = self;
    this.#isFree = isFree;
  }

  /** @returns ids of guests that came, are nowhere else any more, or of which something changed that networks care about */
  async take(told: Followed): Promise<string[]> {
    const touched = new Set<string>();
    if (told.type === "all") {
      const gone = new Set(this.#members.keys());
      for (const { key, value } of told.items) {
        if (this.#put(key, value as Member, touched)) gone.delete((value as Member).id);
      }
      for (const id of gone) {
        this.#members.delete(id);
        touched.add(id);
      }
    } else {
      for (const { type, key, value } of told.events)
        if (type === "put") this.#put(key, value as Member, touched);
        else this.#remove(key, touched);
    }
    if (touched.size > 0) {
      this.#all = undefined;
      await this.#lookAtPorts();
    }
    return [...touched];
  }

  /** Is it elsewhere? */
  #put(place: string, record: Member, touched: Set<string>): boolean {
    const { host } = locate(place);
    if (host === undefined || host === this.#self) {
      if (this.#members.delete(record.id)) touched.add(record.id);
      return false;
    }
    const { id, name, project, nics, publish, labels, firewalls } = record;
    const more = { ...(labels ? { labels } : {}), ...(firewalls ? { firewalls } : {}) };
    const member = { id, name, project, nics, publish, host, ...more };
    const text = JSON.stringify(member);
    if (this.#members.get(id)?.text === text) return true;
    this.#members.set(id, { text, member });
    touched.add(id);
    return true;
  }

  /** In the transaction that moves one, the new place may have been told first. */
  #remove(place: string, touched: Set<string>): void {
    const { host, key } = locate(place);
    const id = key.slice(key.indexOf("/") + 1);
    if (this.#members.get(id)?.member.host !== host) return;
    this.#members.delete(id);
    touched.add(id);
  }

  async #lookAtPorts(): Promise<void> {
    const published = [...this.#members.values()].flatMap(({ member }) => member.publish);
    const wanted = new Map(published.map((port) => [portOf(port), port]));
    for (const name of this.#free.keys()) if (!wanted.has(name)) this.#free.delete(name);
    for (const [name, port] of wanted) {
      if (this.#free.has(name)) continue;
      this.#free.set(name, await this.#isFree(port));
      this.#all = undefined;
    }
  }

  has(id: string): boolean {
    return this.#members.has(id);
  }

  /** It is this host's now, though that was not told yet. */
  forget(id: string): void {
    if (this.#members.delete(id)) this.#all = undefined;
  }

  all(): readonly RemoteMember[] {
    this.#all ??= [...this.#members.values()].map(({ member }) => ({
      ...member,
      answered: member.publish.filter((port) => this.#free.get(portOf(port)) === true),
    }));
    return this.#all;
  }
}
