/**
 * The members of one etcd as one that answers: a call goes to the first member that is well, and to the next where that one
 * fails. One that failed is left alone until it is well again, which is asked beside the calls, so that none of them waits for it.
 *
 *   well ──fails, lags, has no leader──► unwell ──answers again──► well
 *
 * Where none is well, and none has answered as one with a leader for longer than an election takes, there is no quorum: calls that are under
 * way fail, streams end, and others fail at once, until a look finds one that is well again.
 *
 * A member that stands still (its host is paused, the network cut) ends no connection by itself. Those with streams are
 * therefore asked how they are, and the streams of one that is unwell are ended, to be resumed at another.
 */
import { setTimeout as delay } from "node:timers/promises";
import {
  EtcdConnection,
  EtcdRefusal,
  EtcdSilence,
  type CallOptions,
  type EtcdTls,
} from "./etcd-connection.ts";

export interface EtcdEndpointsOptions {
  /** "https://localhost:2379", the one to be preferred first. */
  readonly endpoints: readonly string[];
  readonly tls?: EtcdTls | undefined;
  /** Milliseconds between two looks at members that are unwell or have streams. Default 1,000. */
  readonly lookEvery?: number;
  /** Milliseconds without an answer after which there is no quorum. Default 4,000: an election fits in, or two. */
  readonly lostAfter?: number;
}

/** What every answer begins with. */
export interface EtcdHeader {
  readonly cluster_id: string;
  readonly member_id: string;
  readonly revision?: string;
  readonly raft_term?: string;
}

export interface EtcdAnswer {
  readonly header: EtcdHeader;
}

/** Answer of /v3/maintenance/status. */
export interface EtcdStatus extends EtcdAnswer {
  readonly version?: string;
  readonly dbSize?: string;
  readonly dbSizeInUse?: string;
  readonly leader?: string;
  readonly raftIndex?: string;
  readonly raftAppliedIndex?: string;
  readonly raftTerm?: string;
  readonly errors?: readonly string[];
  readonly isLearner?: boolean;
}

interface Endpoint {
  readonly connection: EtcdConnection;
  readonly streams: Set<AbortController>;
  well: boolean;
  looking: boolean;
}

/** Milliseconds in which a look must be answered. */
const lookPatience = 2000;

/** Refusals that are about the call and not about the member: another one would say the same. */
const finalCodes: ReadonlySet<number> = new Set([3, 5, 6, 7, 8, 9, 11, 12, 16]);
/** Code 8 as well, but it passes. */
const tooMany = /too many requests/;

/** Would every member refuse this call? */
export const isFinal = (error: unknown): error is EtcdRefusal =>
  error instanceof EtcdRefusal && finalCodes.has(error.grpc) && !tooMany.test(error.message);

const revisionOf = (answer: unknown): number => Number((answer as Partial<EtcdAnswer>).header?.revision ?? 0);

export class EtcdEndpoints {
  readonly #closed = new AbortController();
  readonly #lookEvery: number;
  readonly #lostAfter: number;
  #endpoints: Endpoint[];
  #cluster: string | undefined;
  #looking = false;
  #turn = 0;
  /** The highest revision that any member told of, and what it was a look ago: who is behind that one lags. */
  #seen = 0;
  #seenLately = 0;
  #seenBefore = 0;
  /** When the first was asked of those that failed since one answered, and what the last of them failed with. */
  #failing: number | undefined;
  #failure: unknown;
  /** Runs while no member is well. */
  #losing: NodeJS.Timeout | undefined;
  /** Aborted while there is no quorum. */
  #lost = new AbortController();
  /** When one was heard last, in milliseconds since the epoch. */
  #heardAt = Date.now();
  readonly #onQuorum: () => void;

  constructor(
    { endpoints, tls, lookEvery = 1000, lostAfter = 4000 }: EtcdEndpointsOptions,
    onQuorum = () => {},
  ) {
    this.#onQuorum = onQuorum;
    this.#lookEvery = lookEvery;
    this.#lostAfter = lostAfter;
    this.#endpoints = endpoints.map((endpoint) => newEndpoint(endpoint, tls));
  }

  /** Goes on with other members or certificates; calls that are under way end as they would have. */
  change({ endpoints, tls }: EtcdEndpointsOptions): void {
    const old = this.#endpoints;
    this.#endpoints = endpoints.map((endpoint) => newEndpoint(endpoint, tls));
    for (const endpoint of old) {
      endStreams(endpoint);
      endpoint.connection.retire();
    }
    this.#judge();
  }

  /** Is there no quorum? */
  get isLost(): boolean {
    return this.#lost.signal.aborted;
  }

  /** When one was heard last, in milliseconds since the epoch. */
  get heardAt(): number {
    return this.#heardAt;
  }

  /** The id of the cluster, in decimal: what the first answer said. Whatever is of another is refused. */
  get cluster(): string | undefined {
    return this.#cluster;
  }

  /** "HOST:PORT, HOST:PORT" */
  get names(): string {
    return this.#endpoints.map(({ connection }) => connection.url.host).join(", ");
  }

  /** @throws DOMException once it is closed */
  throwIfClosed(): void {
    this.#closed.signal.throwIfAborted();
  }

  close(): void {
    this.#closed.abort();
    clearTimeout(this.#losing);
    for (const { connection } of this.#endpoints) connection.close();
  }

  /**
   * One call to one member, once.
   *
   * @throws EtcdRefusal, EtcdSilence.
   */
  async once(path: string, body: unknown, options: CallOptions = {}): Promise<unknown> {
    const { leaderless = false } = options;
    const endpoint = this.#pick();
    if (this.isLost && !leaderless) throw this.#noQuorum(false);
    const begun = performance.now();
    const signals = [this.#closed.signal, ...(leaderless ? [] : [this.#lost.signal])];
    const signal = AbortSignal.any(options.signal ? [options.signal, ...signals] : signals);
    try {
      const answer = await endpoint.connection.call(path, body, { ...options, signal });
      this.#note(answer, endpoint, !leaderless);
      return answer;
    } catch (error) {
      if (!isFinal(error) && !signal.aborted) this.#fails(endpoint, error, begun);
      throw error;
    }
  }

  /**
   * A call that may be made several times, until a member answers it or `within` milliseconds are over.
   *
   * @throws EtcdRefusal, EtcdSilence: the last failure.
   */
  async call(path: string, body: unknown, within: number, options: CallOptions = {}): Promise<unknown> {
    const end = performance.now() + within;
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.once(path, body, options);
      } catch (error) {
        if (isFinal(error) || performance.now() > end || this.isLost) throw error;
        if (!(error instanceof EtcdRefusal || error instanceof EtcdSilence)) throw error;
      }
      await this.pause(attempt);
    }
  }

  /** The stream of one member; it breaks off when that member is unwell. */
  async *stream(path: string, body: unknown, signal: AbortSignal): AsyncGenerator<unknown, void, void> {
    const endpoint = this.#pick();
    if (this.isLost) throw this.#noQuorum(false);
    const begun = performance.now();
    const ended = new AbortController();
    endpoint.streams.add(ended);
    this.#look();
    const any = AbortSignal.any([signal, ended.signal, this.#closed.signal]);
    try {
      for await (const message of endpoint.connection.stream(path, body, any)) {
        this.#note(message, endpoint, true);
        yield message;
      }
    } catch (error) {
      if (signal.aborted || this.#closed.signal.aborted) throw error;
      if (ended.signal.aborted) throw new EtcdSilence(`${endpoint.connection.url.host}: it is unwell`, true);
      if (!isFinal(error)) this.#fails(endpoint, error, begun);
      throw error;
    } finally {
      endpoint.streams.delete(ended);
    }
  }

  /** Waits before the next attempt: not at all where another member is well, longer each time where none is. */
  async pause(attempt: number): Promise<void> {
    if (attempt <= this.#endpoints.length && this.#endpoints.some(({ well }) => well)) return;
    await delay(Math.min(20 * 2 ** Math.min(attempt, 10), 500), undefined, { signal: this.#closed.signal });
  }

  #pick(): Endpoint {
    this.#closed.signal.throwIfAborted();
    const well = this.#endpoints.find((endpoint) => endpoint.well);
    return well ?? this.#endpoints[this.#turn++ % this.#endpoints.length]!;
  }

  /** @param led does the answer say that there is a leader? */
  #note(answer: unknown, endpoint: Endpoint, led: boolean): void {
    const header = (answer as Partial<EtcdAnswer>).header;
    if (header?.cluster_id === undefined) return;
    this.#cluster ??= header.cluster_id;
    if (header.cluster_id !== this.#cluster) {
      const reason = "it is a member of another etcd than those asked before, or was restored from a backup";
      throw new EtcdSilence(`${endpoint.connection.url.host}: ${reason}`, true);
    }
    this.#seen = Math.max(this.#seen, revisionOf(answer));
    if (!led) return;
    this.#hear();
    if (!this.#endpoints.some(({ well }) => well)) endpoint.well = true;
    this.#judge();
  }

  /** A member has answered that has a leader. */
  #hear(): void {
    this.#failing = undefined;
    this.#heardAt = Date.now();
  }

  /** @param since when it was asked what it failed at */
  #fails(endpoint: Endpoint, error: unknown, since: number): void {
    const { well } = endpoint;
    endpoint.well = false;
    endStreams(endpoint);
    this.#failure = error;
    this.#failing = Math.min(this.#failing ?? Infinity, since);
    this.#judge();
    // Those that stand still with it are found at once, and not by a call each.
    if (well) for (const other of this.#endpoints) if (other !== endpoint) void this.#lookAt(other);
    this.#look();
  }

  /** Is there a quorum, as far as its members were heard of? */
  #judge(): void {
    clearTimeout(this.#losing);
    if (this.#endpoints.some(({ well }) => well)) {
      if (!this.isLost) return;
      this.#lost = new AbortController();
      return this.#onQuorum();
    }
    if (this.isLost) return;
    const since = this.#failing ?? performance.now();
    const lose = () => {
      this.#lost.abort(this.#noQuorum(true));
      for (const endpoint of this.#endpoints) endStreams(endpoint);
      this.#onQuorum();
    };
    this.#losing = setTimeout(lose, Math.max(0, since + this.#lostAfter - performance.now())).unref();
  }

  /** As the last failure, which may say why. */
  #noQuorum(sent: boolean): EtcdSilence {
    const last = this.#failure;
    const cause = last instanceof EtcdSilence ? (last.cause ?? last) : last;
    return new EtcdSilence(`no quorum: ${(last as Error | undefined)?.message}`, sent, cause);
  }

  /** Looks at members as long as there is one to be looked at; while there is no quorum, more often. */
  #look(): void {
    if (this.#looking) return;
    this.#looking = true;
    const rounds = async () => {
      for (;;) {
        const pause = this.isLost ? this.#lookEvery / 4 : this.#lookEvery;
        await delay(pause, undefined, { signal: this.#closed.signal, ref: false });
        const looked = this.#endpoints.filter(({ well, streams }) => !well || streams.size > 0);
        if (looked.length === 0) return void (this.#looking = false);
        this.#seenBefore = this.#seenLately;
        this.#seenLately = this.#seen;
        // One that is silent keeps nobody from being looked at again.
        for (const endpoint of looked) void this.#lookAt(endpoint);
      }
    };
    // It fails where it is closed while it waits.
    rounds().catch(() => undefined);
  }

  async #lookAt(endpoint: Endpoint): Promise<void> {
    if (endpoint.looking) return;
    const options = { signal: this.#closed.signal, patience: lookPatience, leaderless: true };
    const [begun, expected] = [performance.now(), this.#seenBefore];
    endpoint.looking = true;
    try {
      const status = (await endpoint.connection.call("/v3/maintenance/status", {}, options)) as EtcdStatus;
      if ((status.leader ?? "0") === "0") throw new EtcdSilence("it has no leader", true);
      this.#hear();
      endpoint.well = status.isLearner !== true && revisionOf(status) >= expected;
      if (!endpoint.well) endStreams(endpoint);
      this.#judge();
    } catch (error) {
      if (!this.#closed.signal.aborted && this.#endpoints.includes(endpoint))
        this.#fails(endpoint, error, begun);
    } finally {
      endpoint.looking = false;
    }
  }
}

const newEndpoint = (endpoint: string, tls: EtcdTls | undefined): Endpoint => ({
  connection: new EtcdConnection(endpoint, tls),
  streams: new Set(),
  well: true,
  looking: false,
});

function endStreams(endpoint: Endpoint): void {
  for (const stream of endpoint.streams) stream.abort();
}
