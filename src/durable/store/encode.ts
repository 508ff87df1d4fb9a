/**
 * Checks a transaction and turns its values into JSON, in the same way for every store. What breaks the
 * rules of keys is a bug of the caller and a TypeError; what is too large is store.too_large.
 */
import { LodgeError } from "#contract/errors";
import { maxBytes, maxOperations } from "./store.ts";
import type { Compare, Item, Transaction } from "./store.ts";

export interface EncodedPut {
  readonly key: string;
  /** The value as JSON. */
  readonly json: string;
  readonly lease: string | null;
}

export interface EncodedTransaction {
  readonly compare: readonly Compare[];
  readonly put: readonly EncodedPut[];
  readonly delete: readonly string[];
}

/** An item whose value is still JSON. */
export interface EncodedItem {
  readonly key: string;
  readonly json: string;
  readonly revision: number;
  readonly created: number;
  readonly lease: string | null;
}

const keyPattern = /^[\x21-\x2e\x30-\x7e]+(\/[\x21-\x2e\x30-\x7e]+)*$/;
const prefixPattern = /^[\x21-\x7e]*$/;

export const isKey = (key: string): boolean => key.length <= 512 && keyPattern.test(key);

export function checkKey(key: string): void {
  if (!isKey(key)) throw new TypeError(`"${key}" is no key`);
}

export function checkPrefix(prefix: string): void {
  if (!prefixPattern.test(prefix)) throw new TypeError(`"${prefix}" is no prefix of keys`);
}

/** The first string after all those which begin with the prefix. Keys have no character above "~". */
export const endOfPrefix = (prefix: string): string =>
  prefix === ""
    ? "\x7f"
    : prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1);

export function encodeTransaction(transaction: Transaction): EncodedTransaction {
  const { compare = [], put = [], delete: deleted = [] } = transaction;
  const count = compare.length + put.length + deleted.length;
  if (count > maxOperations) {
    throw new LodgeError("store.too_large", { limit: `${maxOperations} operations`, found: `${count}` });
  }
  const changed = new Set<string>();
  let bytes = 0;
  const change = (key: string) => {
    checkKey(key);
    if (changed.has(key)) throw new TypeError(`"${key}" is changed twice in one transaction`);
    changed.add(key);
    bytes += key.length;
  };
  for (const { key } of compare) checkKey(key);
  for (const key of deleted) change(key);
  const encoded = put.map(({ key, value, lease }) => {
    change(key);
    const json = JSON.stringify(value) as string | undefined;
    if (json === undefined) throw new TypeError(`The value of "${key}" is not JSON`);
    bytes += Buffer.byteLength(json);
    return { key, json, lease: lease ?? null };
  });
  if (bytes > maxBytes) {
    throw new LodgeError("store.too_large", { limit: `${maxBytes} bytes`, found: `${bytes} bytes` });
  }
  return { compare, put: encoded, delete: deleted };
}

export const decodeItem = (item: EncodedItem): Item => ({
  key: item.key,
  value: JSON.parse(item.json) as unknown,
  revision: item.revision,
  created: item.created,
  ...(item.lease === null ? {} : { lease: item.lease }),
});
