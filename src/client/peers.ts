/**
 * What a host of a cluster asks the others: calls of routes of their own, requests that are handed on, and tunnels. All go
 * to the peer door of the other host, by TLS with certificates at both ends: that of the host that is meant, and no other.
 */
import type { ClientRequest, IncomingMessage, OutgoingHttpHeaders } from "node:http";
import type { Agent, AgentOptions, RequestOptions as HttpsOptions } from "node:https";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { PeerCertificate } from "node:tls";
import type { Answer, PeerName } from "#contract/call";
import { LodgeError } from "#contract/errors";
import { tunnelPath, tunnelProtocol, tunnelQuiet } from "#contract/tunnel";
import { wire as ownWire, wireHeader } from "#contract/wire";
import {
  answerError,
  createCalls,
  type CallArguments,
  type CallOptions,
  type Input,
  type RawAnswer,
  type RawRequest,
} from "./request.ts";
import { readAll } from "./transport.ts";

/** Where a member is. */
export interface PeerPlace {
  readonly name: string;
  /** "HOST:PORT" of its peer door. */
  readonly address: string;
}

/** PEM. */
export interface PeerIdentity {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

export interface PeersParts {
  /** A member by its id; undefined: none has it. */
  readonly find: (id: string) => PeerPlace | undefined;
  /** As it is now: another object once it was renewed. */
  readonly identity: () => PeerIdentity;
  /** What this host speaks; undefined: what this version does. */
  readonly wire?: number | undefined;
}

export interface PeerRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: OutgoingHttpHeaders;
  readonly signal?: AbortSignal | undefined;
}

export interface PeerCallOptions extends CallOptions {
  /** Milliseconds that the whole answer may take. */
  readonly patience?: number;
}

type PeerCallArguments<N extends PeerName> =
  Record<never, never> extends Input<N>
    ? [input?: Input<N>, options?: PeerCallOptions]
    : [input: Input<N>, options?: PeerCallOptions];

/** Milliseconds for a connection, and for the answer to a call. */
const connectPatience = 5_000;
const usualPatience = 20_000;

interface Door {
  readonly address: string;
  readonly identity: PeerIdentity;
  readonly agent: Agent;
}

export class Peers {
  readonly #parts: PeersParts;
  readonly #doors = new Map<string, Door>();

  constructor(parts: PeersParts) {
    this.#parts = parts;
  }

  /**
   * Calls a route of another host's.
   * @throws LodgeError what it answered, cluster.host_unreachable, cluster.not_a_member
   */
  call<N extends PeerName>(host: string, name: N, ...rest: PeerCallArguments<N>): Promise<Answer<N>> {
    const [input, options] = rest as [unknown, PeerCallOptions?];
    const send = (raw: RawRequest) => this.#send(host, raw, options?.patience);
    const calls = createCalls(send, this.#nameOf(host));
    return calls.call(name, ...([input, options] as unknown as CallArguments<N>));
  }

  /**
   * Opens a request, whose body its caller writes and ends; it fails with what `failure` gives a name to.
   * @throws LodgeError cluster.not_a_member
   */
  async open(host: string, { headers, ...request }: PeerRequest): Promise<ClientRequest> {
    const { agent, address } = this.#doorOf(host);
    return this.#request({ ...request, agent, headers }, address);
  }

  /**
   * Opens a tunnel to what the other host has under these names: see server/stream/tunnel.ts. The signal counts until it is
   * open; from then on whoever has it ends it. What comes may end before what goes: neither ends the other.
   *
   * @throws LodgeError cluster.tunnel_refused, cluster.host_unreachable, cluster.not_a_member, and what is wrong there
   */
  async tunnel(
    host: string,
    to: { readonly kind: string; readonly ref: string; readonly end: string },
    { signal }: CallOptions = {},
  ): Promise<Duplex> {
    signal?.throwIfAborted();
    const { address, identity } = this.#doorOf(host);
    const outgoing = this.#request(
      {
        ...this.#trust(host, identity),
        agent: false,
        // What goes one way may end before what comes the other.
        allowHalfOpen: true,
        method: "GET",
        path: tunnelPath.write(to.kind, to.ref, to.end),
        headers: { connection: "Upgrade", upgrade: tunnelProtocol },
        signal,
      },
      address,
    );
    outgoing.end();
    try {
      return await upgraded(outgoing, this.#nameOf(host));
    } catch (error) {
      throw signal?.aborted ? signal.reason : this.failure(host, error);
    }
  }

  /** What a failure of a request to that host is called. */
  failure(host: string, error: unknown): LodgeError {
    if (error instanceof LodgeError) return error;
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = reasons[code ?? ""] ?? code ?? message;
    return new LodgeError("cluster.host_unreachable", { host: this.#nameOf(host), reason }, { cause: error });
  }

  close(): void {
    for (const { agent } of this.#doors.values()) agent.destroy();
    this.#doors.clear();
  }

  async #send(host: string, raw: RawRequest, patience = usualPatience): Promise<RawAnswer> {
    const { method, path, body, headers = {} } = raw;
    const late = AbortSignal.timeout(patience);
    const signal = raw.signal ? AbortSignal.any([raw.signal, late]) : late;
    const content = body === undefined ? {} : { "content-type": "application/json", ...headers };
    const attempt = async (): Promise<RawAnswer> => {
      const all = {
        ...content,
        ...headers,
        ...(body === undefined ? {} : { "content-length": Buffer.byteLength(body) }),
      };
      const outgoing = await this.open(host, { method, path, headers: all, signal });
      try {
        const response = await answered(outgoing, body);
        const [status, bytes] = [response.statusCode ?? 0, await readAll(response)];
        if (status < 200 || status >= 300) throw answerError(status, bytes, this.#nameOf(host));
        return { body: bytes, etag: response.headers.etag };
      } catch (error) {
        // The other end may have closed a connection that was kept just as it was used again.
        if (method === "GET" && outgoing.reusedSocket && codeOf(error) === "ECONNRESET") return attempt();
        throw error;
      }
    };
    try {
      return await attempt();
    } catch (error) {
      raw.signal?.throwIfAborted();
      throw this.failure(host, late.aborted ? { code: "ETIMEDOUT" } : error);
    }
  }

  #request(options: HttpsOptions & { readonly allowHalfOpen?: true }, address: string): ClientRequest {
    const { request } = process.getBuiltinModule("node:https");
    const { hostname, port } = new URL(`https://${address}`);
    const headers = { ...options.headers, [wireHeader]: String(this.#parts.wire ?? ownWire) };
    const outgoing = request({ ...options, headers, host: hostname.replace(/^\[|\]$/g, ""), port });
    outgoing.once("socket", (socket) => {
      if (outgoing.reusedSocket) return;
      const limit = setTimeout(() => outgoing.destroy(slow()), connectPatience);
      socket.once("secureConnect", () => clearTimeout(limit)).once("close", () => clearTimeout(limit));
    });
    return outgoing;
  }

  /** @throws LodgeError cluster.not_a_member */
  #doorOf(host: string): Door {
    const place = this.#parts.find(host);
    if (!place) throw new LodgeError("cluster.not_a_member", { host });
    const identity = this.#parts.identity();
    const known = this.#doors.get(host);
    if (known?.address === place.address && known.identity === identity) return known;
    // What is under way by it goes on to its end.
    const { Agent } = process.getBuiltinModule("node:https");
    const agent = new Agent({ keepAlive: true, maxCachedSessions: 0, ...this.#trust(host, identity) });
    const door = { address: place.address, identity, agent };
    this.#doors.set(host, door);
    return door;
  }

  #trust(host: string, { ca, cert, key }: PeerIdentity) {
    const checkServerIdentity = isHost(host);
    return {
      ca,
      cert,
      key,
      minVersion: "TLSv1.3",
      servername: "",
      checkServerIdentity,
    } as const satisfies AgentOptions;
  }

  #nameOf(host: string): string {
    return this.#parts.find(host)?.name ?? host;
  }
}

/** The host that is meant has to answer, whatever its address: a certificate names its host's id. */
const isHost =
  (host: string) =>
  (_name: string, { subject }: PeerCertificate): Error | undefined =>
    subject.CN === host ? undefined : Object.assign(new TypeError("another host"), { code: "ELODGEHOST" });

const slow = () => Object.assign(new TypeError("no connection"), { code: "ETIMEDOUT" });

const codeOf = (error: unknown): string | undefined => (error as { code?: string }).code;

/** What Node and OpenSSL say, in words. */
const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens at its address",
  ECONNRESET: "the connection was cut",
  EHOSTUNREACH: "there is no way to its address",
  ENETUNREACH: "there is no way to its address",
  EPIPE: "the connection was cut",
  ETIMEDOUT: "no answer came in time",
  ELODGEHOST: "another host is at its address",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "what is at its address is of another cluster",
  SELF_SIGNED_CERT_IN_CHAIN: "what is at its address is of another cluster",
  DEPTH_ZERO_SELF_SIGNED_CERT: "what is at its address is of no cluster",
  CERT_SIGNATURE_FAILURE: "what is at its address is of another cluster",
  CERT_HAS_EXPIRED: "its certificate has expired, or a clock is wrong",
  CERT_NOT_YET_VALID: "its certificate is not valid yet: a clock is wrong",
};

const answered = (outgoing: ClientRequest, body: RawRequest["body"]): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    outgoing.once("response", resolve).once("error", reject);
    outgoing.end(body);
  });

function upgraded(outgoing: ClientRequest, name: string): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    outgoing.once("error", reject);
    outgoing.once("upgrade", (_response: IncomingMessage, socket: Duplex, head: Buffer) => {
      if (head.length > 0) socket.unshift(head);
      (socket as Socket).setKeepAlive(true, tunnelQuiet);
      resolve(socket);
    });
    outgoing.once("response", (response: IncomingMessage) => {
      readAll(response).then((body) => reject(answerError(response.statusCode ?? 0, body, name)), reject);
    });
  });
}
