/**
 * One record of each key, of all hosts'. An image is on several hosts: it is shown as long as any has it. Of anything else
 * only who has it now counts: a guest that moves goes from one and comes to another in the same transaction.
 */
import { locate } from "#durable/store/partition";
import type { Item, StoreEvent } from "#durable/store/store";
import { imagePrefix } from "../image/record.ts";

export class Copies {
  #images = new Map<string, Map<string, unknown>>();
  /** Of everything else. */
  #hosts = new Map<string, string>();

  /** Begins anew; returns the record of each key. */
  takeAll(items: readonly Item[]): Map<string, unknown> {
    this.#images = new Map();
    this.#hosts = new Map();
    const shown = new Map<string, unknown>();
    for (const { key: place, value } of items) {
      const { host = "", key } = locate(place);
      this.#put(key, host, value);
      shown.set(key, value);
    }
    return shown;
  }

  /** What each key that a transaction touched is now; undefined: gone from everywhere. */
  take(events: readonly StoreEvent[]): Map<string, unknown> {
    const shown = new Map<string, unknown>();
    for (const { type, key: place, value } of events) {
      const { host = "", key } = locate(place);
      if (type === "put") {
        this.#put(key, host, value);
        shown.set(key, value);
      } else if (key.startsWith(imagePrefix)) {
        shown.set(key, this.#imageWithout(key, host));
      } else if (this.#hosts.get(key) === host) {
        this.#hosts.delete(key);
        shown.set(key, undefined);
      }
    }
    return shown;
  }

  #put(key: string, host: string, value: unknown): void {
    if (!key.startsWith(imagePrefix)) {
      this.#hosts.set(key, host);
      return;
    }
    const copies = this.#images.get(key) ?? new Map<string, unknown>();
    this.#images.set(key, copies.set(host, value));
  }

  #imageWithout(key: string, host: string): unknown {
    const copies = this.#images.get(key);
    copies?.delete(host);
    if (copies?.size === 0) this.#images.delete(key);
    return copies?.values().next().value;
  }
}
