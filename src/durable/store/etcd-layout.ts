/**
 * Where a store's things lie in etcd, and how keys and values travel: base64 in JSON.
 *
 *   PREFIX/records/KEY      what users of the store see
 *   PREFIX/epoch            written once
 *   PREFIX/clients/NAME     who opened the store last by that name
 *   PREFIX/clients/NAME/N   the marks of its transactions (etcd-transaction.ts)
 */
import type { EtcdHeader } from "#base/etcd-endpoints";
import { endOfPrefix, type EncodedItem } from "./encode.ts";

/** A key with its value, as etcd tells it. */
export interface KeyValue {
  readonly key: string;
  readonly value?: string;
  readonly create_revision?: string;
  readonly mod_revision?: string;
  readonly lease?: string;
}

export interface RangeAnswer {
  readonly header: EtcdHeader;
  readonly kvs?: readonly KeyValue[];
  readonly more?: boolean;
}

export const toBase64 = (text: string): string => Buffer.from(text).toString("base64");
export const fromBase64 = (text: string): string => Buffer.from(text, "base64").toString();

export class EtcdLayout {
  readonly #prefix: string;
  readonly #records: string;

  /** @param prefix without a slash at its end */
  constructor(prefix: string) {
    this.#prefix = prefix;
    this.#records = `${prefix}/records/`;
  }

  get epoch(): string {
    return toBase64(`${this.#prefix}/epoch`);
  }

  client(name: string): string {
    return toBase64(`${this.#prefix}/clients/${name}`);
  }

  mark(name: string, number: number): string {
    return toBase64(`${this.#prefix}/clients/${name}/${number}`);
  }

  /** All marks of a client, as a range. */
  marks(name: string): { key: string; range_end: string } {
    const begin = `${this.#prefix}/clients/${name}/`;
    return { key: toBase64(begin), range_end: toBase64(endOfPrefix(begin)) };
  }

  record(key: string): string {
    return toBase64(this.#records + key);
  }

  /** All records below the prefix that come after `after`, as a range. */
  range(prefix: string, after = ""): { key: string; range_end: string } {
    const begin = after !== "" && after >= prefix ? `${after}\0` : prefix;
    return { key: toBase64(this.#records + begin), range_end: toBase64(endOfPrefix(this.#records + prefix)) };
  }

  /** The store's key of a record. */
  keyOf({ key }: KeyValue): string {
    return Buffer.from(key, "base64").toString("latin1", this.#records.length);
  }

  itemOf(kv: KeyValue): EncodedItem {
    return {
      key: this.keyOf(kv),
      json: fromBase64(kv.value ?? ""),
      revision: Number(kv.mod_revision),
      created: Number(kv.create_revision),
      lease: kv.lease === undefined || kv.lease === "0" ? null : kv.lease,
    };
  }
}

export const revisionOf = (header: EtcdHeader): number => Number(header.revision ?? 0);
