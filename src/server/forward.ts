/**
 * Has another host of the cluster answer a request: as it came, to the peer door of the host that has what it is about.
 *
 *   browser ──► this host: who is it, may he ──► that host: who is it, may he ──► its handler
 *           ◄── ─────────── as it comes ───────────────────────────────────────── its answer, or its stream
 *
 * Both ask whether he may: this one so that nothing of what is hidden leaves it, that one since it is its to say.
 */
import type { ClientRequest, IncomingMessage, OutgoingHttpHeaders } from "node:http";
import { Readable, type Duplex } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { FastifyReply, FastifyRequest } from "fastify";
import { joinStreams } from "#base/join-streams";
import { LodgeError } from "#contract/errors";
import { answerError } from "#client/request";
import { askerHeader, writeAsker } from "./asker-header.ts";

/** What a request to another host is opened with. */
export interface PeerRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: OutgoingHttpHeaders;
  readonly signal: AbortSignal;
}

export interface OtherHost {
  readonly id: string;
  readonly name: string;
  /** It has lost its place in the cluster, and is likely not to answer. */
  readonly away?: boolean;
}

/** The other hosts' peer doors. */
export interface PeerDoors {
  /** This host's. */
  readonly name: string;
  /** All other members, whether they answer or not. */
  others(): readonly OtherHost[];
  /** Id of a member by its name or id; undefined: this host. @throws LodgeError cluster.host_not_found */
  find(ref: string): string | undefined;
  /** Is it not known whether that host is there: it has lost its place, or there is no quorum that could tell of it? */
  mayBeGone(host: string): boolean;
  /**
   * Opens a request, whose body its caller writes and ends. What fails later fails the request with the same.
   * @throws LodgeError cluster.host_unreachable
   */
  open(host: string, request: PeerRequest): Promise<ClientRequest>;
  /** What a failure of a request to that host is called. */
  failure(host: string, error: unknown): LodgeError;
}

declare module "fastify" {
  interface FastifyRequest {
    /** Another host answers it, and writes down that it was asked. */
    forwarded?: boolean;
  }
}

/** What belongs to the connection that it came by (RFC 9110, 7.6.1), and what says who he is to this host alone. */
const dropped = new Set([
  "authorization",
  "connection",
  "content-length",
  "cookie",
  "expect",
  "host",
  "keep-alive",
  "lodge-host",
  "origin",
  "proxy-connection",
  "sec-fetch-site",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  askerHeader,
]);

function headersOf({ raw, caller }: FastifyRequest): OutgoingHttpHeaders {
  const kept = Object.entries(raw.headers).filter(([name]) => !dropped.has(name));
  return { ...Object.fromEntries(kept), [askerHeader]: writeAsker(caller.actor, caller.origin) };
}

/** Answers a request by what the other host says. @throws LodgeError cluster.host_unreachable, … */
export async function forward(
  doors: PeerDoors,
  host: string,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const failure = await attempt(doors, host, request, reply, () => false);
  if (failure) throw failure;
}

/**
 * The same; but where the other host refuses, and where it cannot be reached and nothing was sent to it, nothing is
 * answered: why is given. `refuses`: is a status one that is not answered?
 */
export async function attempt(
  doors: PeerDoors,
  host: string,
  request: FastifyRequest,
  reply: FastifyReply,
  refuses = (status: number): boolean => status >= 400,
): Promise<LodgeError | undefined> {
  request.forwarded = true;
  const gone = new AbortController();
  const leave = () => gone.abort(new LodgeError("api.client_gone"));
  reply.raw.once("close", leave);
  const upgrade = request.ws ? { connection: "Upgrade", upgrade: "websocket" } : {};
  const body = request.ws ? undefined : bodyOf(request);
  const headers = { ...headersOf(request), ...upgrade, ...body?.headers };
  let outgoing: ClientRequest;
  try {
    outgoing = await doors.open(host, {
      method: request.method,
      path: request.url,
      headers,
      signal: gone.signal,
    });
  } catch (error) {
    return doors.failure(host, error);
  }
  const unsent = nothingSent(outgoing);
  const doubted = endWhileDoubtful(doors, host, outgoing);
  const answer = answerTo(outgoing);
  const sent =
    body?.content instanceof Readable ? pipeline(body.content, outgoing) : outgoing.end(body?.content);
  try {
    const [response, socket] = await Promise.race([answer, failed(sent)]);
    if (socket) join(request, reply, response, socket);
    else if (refuses(response.statusCode ?? 0)) return await problemOf(host, response);
    else send(reply, response);
    return undefined;
  } catch (error) {
    outgoing.destroy();
    const failure = doors.failure(host, error);
    if (unsent()) return failure;
    throw failure;
  } finally {
    clearInterval(doubted);
  }
}

/** Milliseconds that a host has to begin its answer, once it may be gone: the connection to one that is cut off does not end by itself. */
const patience = 3_000;
const lookEvery = 250;

function endWhileDoubtful(doors: PeerDoors, host: string, outgoing: ClientRequest): NodeJS.Timeout {
  let doubted = 0;
  return setInterval(() => {
    doubted = doors.mayBeGone(host) ? doubted + lookEvery : 0;
    if (doubted < patience) return;
    outgoing.destroy(new Error(`no answer within ${patience / 1000} s`));
  }, lookEvery);
}

/** Says whether it is certain that nothing of a request got anywhere: there was no connection yet. */
function nothingSent(outgoing: ClientRequest): () => boolean {
  let connected = false;
  outgoing.once("socket", (socket) => {
    if (socket.connecting) socket.once("connect", () => (connected = true));
    else connected = !socket.destroyed;
  });
  return () => !connected;
}

/** The error that the other host answered with. */
async function problemOf(host: string, response: IncomingMessage): Promise<LodgeError> {
  const pieces: Buffer[] = [];
  for await (const piece of response as AsyncIterable<Buffer>) pieces.push(piece);
  return answerError(response.statusCode ?? 502, Buffer.concat(pieces), `host ${host}`);
}

/** Never resolves: only what ends badly ends the wait for an answer. */
const failed = (sent: unknown): Promise<never> =>
  new Promise((_resolve, reject) => {
    if (sent instanceof Promise) sent.catch(reject);
  });

function bodyOf({ body, headers }: FastifyRequest): {
  readonly headers: OutgoingHttpHeaders;
  readonly content?: Readable | string;
} {
  if (body instanceof Readable) {
    const length = headers["content-length"];
    return { headers: length === undefined ? {} : { "content-length": length }, content: body };
  }
  if (body === undefined || body === null) return { headers: {} };
  const content = JSON.stringify(body);
  return {
    headers: { "content-type": "application/json", "content-length": Buffer.byteLength(content) },
    content,
  };
}

/** The answer, with the connection where that has become a stream. */
const answerTo = (outgoing: ClientRequest): Promise<readonly [IncomingMessage, Duplex?]> =>
  new Promise((resolve, reject) => {
    outgoing.once("response", (response) => resolve([response]));
    outgoing.once("upgrade", (response: IncomingMessage, socket: Duplex, head: Buffer) => {
      if (head.length > 0) socket.unshift(head);
      resolve([response, socket]);
    });
    outgoing.once("error", reject);
  });

/** Of the connection alone. */
const hopByHop = new Set(["connection", "keep-alive", "transfer-encoding"]);

function send(reply: FastifyReply, response: IncomingMessage): void {
  const kept = Object.entries(response.headers).filter(([name]) => !hopByHop.has(name));
  for (const name of Object.keys(reply.getHeaders())) reply.removeHeader(name);
  reply.code(response.statusCode ?? 502).headers(Object.fromEntries(kept));
  void reply.send(response);
}

/** Both connections are one from now on. */
function join(request: FastifyRequest, reply: FastifyReply, response: IncomingMessage, far: Duplex): void {
  const { socket: near } = request.raw;
  reply.hijack();
  reply.raw.detachSocket(near);
  const lines = [`HTTP/1.1 101 ${response.statusMessage}`];
  for (let i = 0; i < response.rawHeaders.length; i += 2)
    lines.push(`${response.rawHeaders[i]}: ${response.rawHeaders[i + 1]}`);
  near.write(`${lines.join("\r\n")}\r\n\r\n`);
  // A stream is quiet for as long as nobody types: each end looks after its own.
  near.setTimeout(0);
  void joinStreams(near, far);
}
