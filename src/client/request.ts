/**
 * A call of a route, from its typed input to its typed answer, whatever carries it: node:http for programs,
 * fetch in a browser. Imports nothing of Node's.
 */
import type { Answer, Body, CallName, Given, PagedName, Params, Query, SpreadName } from "#contract/call";
import { LodgeError, type Problem } from "#contract/errors";
import { takesProject, takesReason, type Route } from "#contract/route";
import { routes } from "#contract/routes";

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

/** What a call may have besides its input. */
export interface RequestOptions extends CallOptions {
  /** Of a POST: it is done once, however often it is sent with this key within a day. */
  readonly idempotencyKey?: string | undefined;
  /** The tag of what is to be changed: fails with api.changed where it is in another state by now. */
  readonly ifMatch?: string | undefined;
  /** Of a file: the bytes from the first up to the second, which is left out. */
  readonly range?: readonly [from: number, to: number] | undefined;
  /** The host of the cluster that is to answer, by its name: lists are then of what is on it alone. */
  readonly host?: string | undefined;
}

type Part<Name extends string, T> = [keyof T] extends [never]
  ? { readonly [K in Name]?: never }
  : Record<never, never> extends T
    ? { readonly [K in Name]?: T }
    : { readonly [K in Name]: T };

/** What a call needs: only what its route has, and optional where all of it is. */
export type Input<N extends CallName> = Part<"params", Params<N>> &
  Part<"query", Query<N>> &
  Part<"body", Body<N>>;

export type CallArguments<N extends CallName> =
  Record<never, never> extends Input<N>
    ? [input?: Input<N>, options?: RequestOptions]
    : [input: Input<N>, options?: RequestOptions];

/** What a route that shows one object answers, with the tag of the state that it shows: for `ifMatch`. */
export interface Tagged<T> {
  readonly answer: T;
  readonly etag: string;
}

/** A list that each host of a cluster has its own part of. */
export interface Spread<T> {
  readonly items: readonly T[];
  /** Hosts that did not answer, whose items are not among these. */
  readonly unanswered: readonly string[];
}

/** Ways to ask. @throws LodgeError what the daemon answered, or api.daemon_unreachable and its kin. */
export interface Calls {
  /** Calls a route. A list answers with all its items, or with at most `limit` of them where one is given. */
  call<N extends CallName>(name: N, ...rest: CallArguments<N>): Promise<Answer<N>>;
  /** One page of a list, with the cursor of the next and where to follow events from. */
  page<N extends PagedName>(name: N, ...rest: CallArguments<N>): Promise<Given<N>>;
  /** As `call`, of lists that each host of a cluster has its own part of: with the hosts that did not answer. */
  spread<N extends SpreadName>(
    name: N,
    ...rest: CallArguments<N>
  ): Promise<Spread<Answer<N> extends readonly (infer T)[] ? T : never>>;
  /** As `call`, of routes that show one object. */
  tagged<N extends Exclude<CallName, PagedName>>(
    name: N,
    ...rest: CallArguments<N>
  ): Promise<Tagged<Answer<N>>>;
}

export type Call = Calls["call"];

export interface RawRequest {
  readonly method: string;
  readonly path: string;
  /** Text is JSON; of bytes the headers say what they are. */
  readonly body?: string | Uint8Array<ArrayBuffer> | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}

export interface RawAnswer {
  readonly body: Uint8Array;
  /** Which state of an object it shows. */
  readonly etag: string | undefined;
}

export interface RawInput {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
}

/** Sends a request; answers with the body of a success and throws a LodgeError for all else. */
export type Send = (request: RawRequest) => Promise<RawAnswer>;

/** The project that a call is about where its own query names none; undefined: the daemon decides. */
export type Project = (route: Route) => string | undefined;

/** What calls have in their queries where these say nothing of it; read at each call. */
export interface Usual {
  readonly project?: Project | undefined;
  /** Why: of what reaches into somebody's desktop. */
  readonly reason?: string | undefined;
}

/** With what is usual, where the route may take it. */
export function asUsual(route: Route, input: RawInput, { project, reason }: Usual): RawInput {
  const named = takesProject(route) ? project?.(route) : undefined;
  const why = takesReason(route) ? reason : undefined;
  if (named === undefined && why === undefined) return input;
  const query = {
    ...(named === undefined ? {} : { project: named }),
    ...(why === undefined ? {} : { reason: why }),
  };
  return { ...input, query: { ...query, ...input.query } };
}

export function createCalls(send: Send, address: string, usual: Usual = {}): Calls {
  const exchange = async (name: CallName, input: RawInput = {}, options: RequestOptions = {}) => {
    const route: Route = routes[name];
    const { signal, idempotencyKey, ifMatch, range, host } = options;
    const { body, etag = "*" } = await send({
      method: route.method,
      path: fillPath(route, asUsual(route, input, usual)),
      body: route.body && input.body ? JSON.stringify(input.body) : undefined,
      headers: {
        ...(idempotencyKey === undefined ? {} : { "idempotency-key": idempotencyKey }),
        ...(ifMatch === undefined ? {} : { "if-match": ifMatch }),
        ...(range ? { range: `bytes=${range[0]}-${range[1] - 1}` } : {}),
        ...(host === undefined ? {} : { "lodge-host": host }),
      },
      signal,
    });
    return { ...decode(route, body, address), etag };
  };
  return {
    async call(name, ...rest) {
      const [input, options] = rest as [RawInput?, RequestOptions?];
      const ask = async (next: RawInput | undefined) => (await exchange(name, next, options)).answer;
      const answer = await ask(input);
      return ("paged" in routes[name] ? await everyItem(answer as RawPage, input, ask) : answer) as never;
    },
    async page(name, ...rest) {
      return (await exchange(name, ...(rest as [RawInput?, RequestOptions?]))).answer as never;
    },
    async spread(name, ...rest) {
      const [input, options] = rest as [RawInput?, RequestOptions?];
      const missing = new Set<string>();
      const ask = async (next: RawInput | undefined) => {
        const { answer, unanswered = [] } = await exchange(name, next, options);
        for (const host of unanswered) missing.add(host);
        return answer;
      };
      const answer = await ask(input);
      const items = "paged" in routes[name] ? await everyItem(answer as RawPage, input, ask) : answer;
      return { items, unanswered: [...missing] } as never;
    },
    async tagged(name, ...rest) {
      const { answer, etag } = await exchange(name, ...(rest as [RawInput?, RequestOptions?]));
      return { answer, etag } as never;
    },
  };
}

interface RawPage {
  readonly items: readonly unknown[];
  readonly next?: string;
}

/** Items of a page where all of them are wanted. */
const mostItems = 1_000;

/** Everything from a page on, in as few questions as may be; only that page where its limit was asked for. */
async function everyItem(
  first: RawPage,
  input: RawInput = {},
  ask: (input: RawInput) => Promise<unknown>,
): Promise<readonly unknown[]> {
  if (first.next === undefined || input.query?.["limit"] !== undefined) return first.items;
  const items = [...first.items];
  for (let cursor: string | undefined = first.next; cursor !== undefined;) {
    const page = (await ask({ ...input, query: { ...input.query, cursor, limit: mostItems } })) as RawPage;
    items.push(...page.items);
    cursor = page.next;
  }
  return items;
}

export function fillPath(route: Route, { params = {}, query = {} }: RawInput): string {
  const path = route.path.replace(/:(\w+)/g, (_, name: string) => {
    // An empty part would make it another path.
    if (!params[name]) throw new LodgeError("api.invalid", { field: name, reason: "is required" });
    return encodeURIComponent(params[name]);
  });
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined);
  if (pairs.length === 0) return path;
  return `${path}?${new URLSearchParams(pairs.map(([name, value]) => [name, String(value)])).toString()}`;
}

const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

interface Decoded {
  readonly answer: unknown;
  readonly unanswered?: readonly string[] | undefined;
}

function decode(route: Route, body: Uint8Array, address: string): Decoded {
  if (route.media) return { answer: route.media === "text/plain" ? textOf(body) : body };
  try {
    const value = JSON.parse(textOf(body)) as { items?: unknown; unanswered?: readonly string[] };
    const { items, unanswered } = value;
    return { answer: route.list && !route.paged ? items : value, unanswered };
  } catch (cause) {
    throw new LodgeError("api.unexpected_answer", { address, status: 200 }, { cause });
  }
}

/** The error that the daemon answered with. */
export function answerError(status: number, body: Uint8Array, address: string): LodgeError {
  const problem = parse(body);
  return problem
    ? LodgeError.fromProblem(problem)
    : new LodgeError("api.unexpected_answer", { address, status });
}

function parse(body: Uint8Array): Problem | undefined {
  try {
    const value = JSON.parse(textOf(body)) as Partial<Problem> | null;
    return typeof value?.code === "string" ? (value as Problem) : undefined;
  } catch {
    return undefined;
  }
}
