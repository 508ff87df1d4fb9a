/**
 * One member of an etcd, as its JSON gateway speaks (etcd.io/docs/v3.4/dev-guide/api_grpc_gateway): every call is a
 * POST of JSON, bytes are base64, 64-bit numbers are strings, a field that is zero is left out.
 *
 * What can go wrong is told apart here, since what may be done about it differs: a member that answered "no" (EtcdRefusal)
 * did not do it; of one that did not answer (EtcdSilence) nobody knows, unless the request had not been sent yet.
 */
import type { Agent, IncomingMessage } from "node:http";

const { Agent: PlainAgent, request: plainRequest } = process.getBuiltinModule("node:http");
const { Agent: TlsAgent, request: tlsRequest } = process.getBuiltinModule("node:https");

/** PEM: whom to believe, and who we are, where the etcd wants to know. */
export interface EtcdTls {
  readonly ca: string;
  readonly cert?: string;
  readonly key?: string;
}

/** The member's answer is an error; `grpc` is its code (grpc.github.io/grpc/core/md_doc_statuscodes.html). */
export class EtcdRefusal extends Error {
  override readonly name = "EtcdRefusal";
  readonly grpc: number;

  constructor(grpc: number, message: string) {
    super(message);
    this.grpc = grpc;
  }
}

/** There is no answer. `sent`: the member may have got the request nevertheless. */
export class EtcdSilence extends Error {
  override readonly name = "EtcdSilence";
  readonly sent: boolean;

  constructor(message: string, sent: boolean, cause?: unknown) {
    super(message, { cause });
    this.sent = sent;
  }
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds without a byte from the member after which it counts as silent. Default 3,000. */
  readonly patience?: number;
  /** Ask also a member that knows of no leader, which otherwise refuses at once. */
  readonly leaderless?: boolean;
}

interface Failure {
  readonly code?: number;
  readonly grpc_code?: number;
  readonly message?: string;
  readonly error?: string | Failure;
}

/** A member that has lost its leader refuses at once and ends its streams, in place of being silent. */
const needsLeader = { "grpc-metadata-hasleader": "true" };

/** Of an answer that is no JSON: gRPC's "unknown". */
const unknownCode = 2;

function refusal(text: string): EtcdRefusal {
  let failure: Failure = { message: text.slice(0, 300) };
  try {
    failure = JSON.parse(text) as Failure;
  } catch {
    // Not etcd's own words, or not of this version: the text as it is.
  }
  // A stream's failure lies one level deeper than a call's.
  if (typeof failure.error === "object") failure = failure.error;
  return new EtcdRefusal(failure.code ?? failure.grpc_code ?? unknownCode, failure.message ?? text);
}

export class EtcdConnection {
  readonly url: URL;
  readonly #agent: Agent;
  readonly #tls: boolean;

  /** @param endpoint "https://localhost:2379" */
  constructor(endpoint: string, tls?: EtcdTls) {
    this.url = new URL(endpoint);
    this.#tls = this.url.protocol === "https:";
    const options = { keepAlive: true, maxSockets: 128, maxFreeSockets: 32, scheduling: "lifo" } as const;
    this.#agent = this.#tls ? new TlsAgent({ ...options, ...tls }) : new PlainAgent(options);
  }

  /**
   * One call and its answer.
   *
   * @throws EtcdRefusal, EtcdSilence, the signal's reason.
   */
  async call(path: string, body: unknown, options: CallOptions = {}): Promise<unknown> {
    const { signal, patience = 3000, leaderless = false } = options;
    const silent = new AbortController();
    const timer = setTimeout(() => silent.abort(), patience);
    const sent = { yes: false };
    const chunks: Buffer[] = [];
    try {
      const headers = leaderless ? {} : needsLeader;
      const response = await this.#post(path, body, headers, anyOf(silent.signal, signal), sent);
      for await (const chunk of response) {
        chunks.push(chunk as Buffer);
        timer.refresh();
      }
      const text = Buffer.concat(chunks).toString();
      if (response.statusCode !== 200) throw refusal(text);
      return JSON.parse(text) as unknown;
    } catch (error) {
      if (error instanceof EtcdRefusal) throw error;
      if (signal?.aborted) throw signal.reason;
      const why = silent.signal.aborted ? `no answer within ${patience} ms` : (error as Error).message;
      throw new EtcdSilence(`${this.url.host}: ${why}`, sent.yes, error);
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * A call that is answered by one message after the other, until the signal ends it: each as JSON, read no faster than
   * they are taken.
   *
   * @throws EtcdRefusal, EtcdSilence: it broke off; the signal's reason.
   */
  async *stream(path: string, body: unknown, signal: AbortSignal): AsyncGenerator<unknown, void, void> {
    const sent = { yes: false };
    try {
      const response = await this.#post(path, body, needsLeader, signal, sent);
      if (response.statusCode !== 200) throw refusal(await textOf(response));
      for await (const line of linesOf(response)) {
        const message = JSON.parse(line) as { result?: unknown };
        if (message.result === undefined) throw refusal(line);
        yield message.result;
      }
    } catch (error) {
      if (error instanceof EtcdRefusal) throw error;
      if (signal.aborted) throw signal.reason;
      throw new EtcdSilence(`${this.url.host}: ${(error as Error).message}`, sent.yes, error);
    }
  }

  /** Ends all connections, and the calls on them. */
  close(): void {
    this.#agent.destroy();
  }

  /** Ends idle connections now, and those in use with their calls. */
  retire(): void {
    this.#agent.maxFreeSockets = 0;
    for (const idle of Object.values(this.#agent.freeSockets))
      for (const socket of idle ?? []) socket.destroy();
  }

  #post(
    path: string,
    body: unknown,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
    sent: { yes: boolean },
  ): Promise<IncomingMessage> {
    const bytes = Buffer.from(JSON.stringify(body));
    return new Promise((resolve, reject) => {
      const request = (this.#tls ? tlsRequest : plainRequest)(new URL(path, this.url), {
        method: "POST",
        agent: this.#agent,
        signal,
        headers: { ...headers, "content-length": bytes.length },
      });
      request.once("socket", (socket) => {
        if (!socket.connecting) sent.yes = true;
        else socket.once(this.#tls ? "secureConnect" : "connect", () => (sent.yes = true));
      });
      request.once("response", resolve);
      request.on("error", reject);
      request.end(bytes);
    });
  }
}

const anyOf = (one: AbortSignal, other: AbortSignal | undefined): AbortSignal =>
  other ? AbortSignal.any([one, other]) : one;

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

/** Whole lines, as soon as they are whole. Bytes are looked at once each, however long a line is. */
async function* linesOf(response: IncomingMessage): AsyncGenerator<string, void, void> {
  let parts: Buffer[] = [];
  for await (const chunk of response as AsyncIterable<Buffer>) {
    let begin = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, begin)) {
      parts.push(chunk.subarray(begin, end));
      begin = end + 1;
      const line = Buffer.concat(parts).toString();
      parts = [];
      if (line !== "") yield line;
    }
    if (begin < chunk.length) parts.push(chunk.subarray(begin));
  }
  const last = Buffer.concat(parts).toString();
  if (last !== "") yield last;
}
