/**
 * Transactions that happen once, also where their answer is lost: a member that was killed, cut off or only slow may have
 * done what it was asked, may be doing it, or may do it in a minute when it is woken. Asking again blindly could do it twice; asking
 * "is it there?" could be too early.
 *
 * Every transaction that changes something therefore also writes a mark: a small key of this client, with a word that is this
 * transaction's alone, compared with the revision at which the mark was last written. Whoever wants to know how it ended writes the mark
 * himself under the same compare (the fence):
 *
 *   mark at r ──transaction──► mark = its word, at r'   the fence fails and reads the word: it happened, at r'
 *        └────────fence──────► mark = "fenced"          it did not, and never will: its compare can no longer hold
 *
 * One mark is used by one transaction at a time; as many are kept as there are transactions under way. A transaction whose fence cannot
 * be written either (no quorum) fails with store.unsettled, and every later call of this store fences it first. So whoever
 * reads after such a failure reads how it ended.
 *
 * Each also compares that nobody has opened the store by this client's name since: what a killed daemon had under way
 * cannot happen once its successor has opened the store.
 */
import { EtcdSilence } from "#base/etcd-connection";
import { type EtcdHeader, isFinal } from "#base/etcd-endpoints";
import { asLodgeError, LodgeError } from "#contract/errors";
import type { EncodedTransaction } from "./encode.ts";
import { type EtcdClient, within } from "./etcd-client.ts";
import { isRefusal } from "#base/etcd-errors";
import { type EtcdLayout, fromBase64, type RangeAnswer, revisionOf, toBase64 } from "./etcd-layout.ts";
import { isLease } from "./etcd-lease.ts";

/** Operations that a transaction has besides those of its caller, at most. */
export const ownOperations = 4;

interface Mark {
  readonly key: string;
  /** At which it was last written; 0: it is not there. */
  revision: number;
  /** Of the transaction under way. */
  word: string;
}

interface TxnAnswer {
  readonly header: EtcdHeader;
  readonly succeeded?: boolean;
  readonly responses?: readonly {
    readonly response_range?: RangeAnswer;
    readonly response_txn?: TxnAnswer;
  }[];
}

const at = (key: string, revision: number) => ({
  key,
  target: "MOD",
  result: "EQUAL",
  mod_revision: String(revision),
});
const put = (key: string, value: string, lease?: string) => ({
  request_put: { key, value: toBase64(value), ...(lease === undefined ? {} : { lease }) },
});
const get = (key: string) => ({ request_range: { key } });

/** The nth response's only key. */
const foundIn = (answer: TxnAnswer, n: number) => answer.responses?.[n]?.response_range?.kvs?.[0];

export class EtcdTransactions {
  readonly #client: EtcdClient;
  readonly #layout: EtcdLayout;
  readonly #name: string;
  /** The revision at which this client opened the store. */
  readonly #opened: number;
  readonly #free: Mark[] = [];
  readonly #doubtful = new Set<Mark>();
  #settling: Promise<void> | undefined;
  #marks = 0;
  #words = 0;

  constructor(client: EtcdClient, layout: EtcdLayout, name: string, opened: number) {
    this.#client = client;
    this.#layout = layout;
    this.#name = name;
    this.#opened = opened;
  }

  /** @returns the number of its revision. @throws LodgeError as Store.transact does. */
  async transact(transaction: EncodedTransaction): Promise<number> {
    for (const { lease } of transaction.put)
      if (lease !== null && !isLease(lease)) throw new LodgeError("store.lease_lost", { lease });
    await this.settled();
    if (transaction.put.length + transaction.delete.length === 0) return this.#check(transaction);
    const mark = this.#free.pop() ?? this.#newMark();
    mark.word = `${this.#opened}.${++this.#words}`;
    try {
      return await this.#change(transaction, mark);
    } finally {
      if (!this.#doubtful.has(mark)) this.#free.push(mark);
    }
  }

  /** Resolves when it is certain how each transaction of before ended. @throws LodgeError store.unavailable */
  async settled(): Promise<void> {
    if (this.#doubtful.size === 0) return;
    this.#settling ??= this.#settle().finally(() => (this.#settling = undefined));
    await this.#settling;
  }

  async #settle(): Promise<void> {
    for (const mark of this.#doubtful) {
      await this.#fence(mark);
      this.#doubtful.delete(mark);
      this.#free.push(mark);
    }
  }

  /** Puts away what this client has written of itself. Nothing that it has under way can happen after that. */
  async close(): Promise<void> {
    const client = this.#layout.client(this.#name);
    const body = {
      compare: [at(client, this.#opened)],
      success: [
        { request_delete_range: { key: client } },
        { request_delete_range: this.#layout.marks(this.#name) },
      ],
    };
    // Where nobody answers, it is put away when the store is opened by this name again.
    await this.#client.endpoints.once("/v3/kv/txn", body, { patience: 1000 }).catch(() => undefined);
  }

  #newMark(): Mark {
    return { key: this.#layout.mark(this.#name, ++this.#marks), revision: 0, word: "" };
  }

  /** A transaction that only compares: it is read by a quorum, and may be repeated. */
  async #check(transaction: EncodedTransaction): Promise<number> {
    const own = get(this.#layout.client(this.#name));
    const body = { compare: this.#compares(transaction), success: [own], failure: [own] };
    const answer = await this.#client.ask<TxnAnswer>("/v3/kv/txn", body);
    if (answer.succeeded !== true) throw this.#refused(answer);
    return revisionOf(answer.header);
  }

  async #change(transaction: EncodedTransaction, mark: Mark): Promise<number> {
    const end = performance.now() + within;
    for (let attempt = 1; ; attempt++) {
      const happened = await this.#attempt(transaction, mark);
      if (typeof happened === "number") return happened;
      if (performance.now() > end || this.#client.endpoints.isLost) throw this.#client.failure(happened);
      await this.#client.endpoints.pause(attempt).catch((error: unknown) => {
        throw this.#client.failure(error);
      });
    }
  }

  /** What has not been sent yet, or certainly did not happen, is not in doubt where the store is closed. */
  #requireOpen(): void {
    try {
      this.#client.endpoints.throwIfClosed();
    } catch (error) {
      throw this.#client.failure(error);
    }
  }

  /** The revision at which it happened, or why it did not and may be tried again. */
  async #attempt(transaction: EncodedTransaction, mark: Mark): Promise<unknown> {
    let answer: TxnAnswer;
    this.#requireOpen();
    try {
      answer = (await this.#client.endpoints.once("/v3/kv/txn", this.#body(transaction, mark))) as TxnAnswer;
    } catch (error) {
      // The one transaction that fills etcd up happens and is refused nevertheless.
      if (isFinal(error) && !isRefusal(error, "noSpace")) throw this.#failed(error, transaction);
      if (error instanceof EtcdSilence && !error.sent) return error;
      const happened = await this.#resolve(mark, isFinal(error));
      if (happened === undefined && isFinal(error)) throw this.#client.failure(error);
      return happened ?? error;
    }
    const number = revisionOf(answer.header);
    if (answer.succeeded === true) {
      const untouched = answer.responses?.[0]?.response_txn?.succeeded === true;
      if (!untouched) mark.revision = number;
      return number;
    }
    const actual = Number(foundIn(answer, 1)?.mod_revision ?? 0);
    if (actual === mark.revision || this.#isReplaced(answer)) throw this.#refused(answer);
    // Somebody put the marks away. Nothing of this one is under way any more, so it goes on from there.
    mark.revision = actual;
    return new EtcdSilence("the mark was another", false);
  }

  /** The revision at which a transaction happened that was not answered, or was refused when it may have been made. */
  async #resolve(mark: Mark, isOver: boolean): Promise<number | undefined> {
    try {
      return await (isOver ? this.#look(mark) : this.#fence(mark));
    } catch (error) {
      this.#doubtful.add(mark);
      throw new LodgeError("store.unsettled", {}, { cause: error, detail: asLodgeError(error).message });
    }
  }

  /**
   * What a transaction of puts does is certain. One of deletes alone changes nothing where none of the keys is there,
   * and then must not count as a change by its mark: so it is one inside another, which looks for the keys first.
   */
  #body(transaction: EncodedTransaction, mark: Mark) {
    const changes = [
      ...transaction.delete.map((key) => ({ request_delete_range: { key: this.#layout.record(key) } })),
      ...transaction.put.map(({ key, json, lease }) =>
        put(this.#layout.record(key), json, lease ?? undefined),
      ),
      put(mark.key, mark.word),
    ];
    const nothingThere = transaction.delete.map((key) => at(this.#layout.record(key), 0));
    const success =
      transaction.put.length > 0
        ? changes
        : [{ request_txn: { compare: nothingThere, success: [], failure: changes } }];
    return {
      compare: [...this.#compares(transaction), at(mark.key, mark.revision)],
      success,
      failure: [get(this.#layout.client(this.#name)), get(mark.key)],
    };
  }

  #compares(transaction: EncodedTransaction) {
    const compares = transaction.compare.map(({ key, revision }) =>
      at(this.#layout.record(key), revision === "absent" ? 0 : revision),
    );
    return [...compares, at(this.#layout.client(this.#name), this.#opened)];
  }

  #isReplaced(answer: TxnAnswer): boolean {
    return Number(foundIn(answer, 0)?.mod_revision ?? 0) !== this.#opened;
  }

  #refused(answer: TxnAnswer): LodgeError {
    if (!this.#isReplaced(answer)) return new LodgeError("store.conflict");
    const reason = `somebody else opened it as "${this.#name}" meanwhile`;
    return new LodgeError("store.unavailable", { path: `etcd (${this.#client.endpoints.names})`, reason });
  }

  #failed(error: unknown, transaction: EncodedTransaction): Error {
    const leases = new Set(transaction.put.flatMap(({ lease }) => lease ?? []));
    return this.#client.failure(error, [...leases].join(", "));
  }

  /** The revision at which the transaction happened, undefined where it never will. May be written twice: a fence is a fence. */
  async #fence(mark: Mark): Promise<number | undefined> {
    const body = {
      compare: [at(mark.key, mark.revision)],
      success: [put(mark.key, "fenced")],
      failure: [get(mark.key)],
    };
    const answer = await this.#client.ask<TxnAnswer>("/v3/kv/txn", body);
    if (answer.succeeded !== true) return this.#ended(mark, foundIn(answer, 0));
    mark.revision = revisionOf(answer.header);
    return undefined;
  }

  /** The same of a transaction that is certainly not under way any more. */
  async #look(mark: Mark): Promise<number | undefined> {
    const answer = await this.#client.ask<RangeAnswer>("/v3/kv/range", { key: mark.key });
    return this.#ended(mark, answer.kvs?.[0]);
  }

  #ended(mark: Mark, found: { mod_revision?: string; value?: string } | undefined): number | undefined {
    mark.revision = Number(found?.mod_revision ?? 0);
    return fromBase64(found?.value ?? "") === mark.word ? mark.revision : undefined;
  }
}
