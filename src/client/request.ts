/**
 * A call of a route, from its typed input to its typed answer, whatever carries it: node:http for programs,
 * fetch in a browser. Imports nothing of Node's.
 */
import type { Answer, Body, CallName, Params, Query } from "#contract/call";
import { LodgeError, type Problem } from "#contract/errors";
import { routes, type Route } from "#contract/routes";

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
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
    ? [input?: Input<N>, options?: CallOptions]
    : [input: Input<N>, options?: CallOptions];

/** Calls a route. @throws LodgeError what the daemon answered, or api.daemon_unreachable and its kin. */
export type Call = <N extends CallName>(name: N, ...rest: CallArguments<N>) => Promise<Answer<N>>;

export interface RawRequest {
  readonly method: string;
  readonly path: string;
  readonly body?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface RawInput {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
}

/** Calls over `send`, which answers with the body of a success and throws a LodgeError for all else. */
export function createCall(send: (request: RawRequest) => Promise<Uint8Array>, address: string): Call {
  return async (name, ...rest) => {
    const [input = {}, options = {}] = rest as [RawInput?, CallOptions?];
    const route: Route = routes[name];
    const answer = await send({
      method: route.method,
      path: fillPath(route, input),
      body: route.body && input.body ? JSON.stringify(input.body) : undefined,
      signal: options.signal,
    });
    return decode(route, answer, address) as never;
  };
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

function decode(route: Route, answer: Uint8Array, address: string): unknown {
  if (route.media === "text/plain") return textOf(answer);
  if (route.media) return answer;
  try {
    const value = JSON.parse(textOf(answer)) as { items?: unknown };
    return route.list ? value.items : value;
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
