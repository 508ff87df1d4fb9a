/**
 * The client: every endpoint as one typed call, long work waited for, and streams. Used by the command
 * line, by one host calling another, and by anybody's scripts. What streams need is loaded with the first.
 */
import type { Duplex, Readable } from "node:stream";
import type { Answer, Body, CallName, Params, Query } from "#contract/call";
import { LodgeError } from "#contract/errors";
import type { Operation } from "#contract/operation";
import { routes, type Route } from "#contract/routes";
import type { Schemas } from "#contract/schemas";
import type { ConsoleStart, ExecStart } from "#contract/stream";
import { nameOf, type Address } from "./address.ts";
import type { RemoteCommand } from "./stream/exec.ts";
import { send } from "./transport.ts";
import { waitFor, type WaitOptions } from "./wait.ts";

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

export interface Client {
  /** Where the daemon is, in words. */
  readonly address: string;
  /** Calls a route. @throws LodgeError what the daemon answered, or api.daemon_unreachable and its kin. */
  call<N extends CallName>(name: N, ...rest: CallArguments<N>): Promise<Answer<N>>;
  /** Waits for long work; see wait.ts. @throws LodgeError why it failed. */
  waitFor(operation: Operation, options?: WaitOptions): Promise<Operation>;
  /** Starts a command in a guest; resolves once it runs. */
  exec(guest: string, start: Omit<ExecStart, "type">, options?: CallOptions): Promise<RemoteCommand>;
  /** Opens a guest's serial console; resolves once it is open. */
  console(guest: string, start?: Omit<ConsoleStart, "type">, options?: CallOptions): Promise<Duplex>;
  /** A file or folder of a guest as a tar archive. It fails where it was cut short. */
  fileOut(guest: string, path: string, options?: CallOptions): Promise<Readable>;
  /** Unpacks a tar archive in a guest; resolves once all of it is there. */
  fileIn(guest: string, path: string, content: Readable, options?: CallOptions): Promise<void>;
  /** Events after the given one or from now on, over a daemon's restart too. Ends with the signal. */
  events(options?: EventOptions): AsyncGenerator<Schemas["Event"], void>;
}

export interface EventOptions extends CallOptions {
  readonly after?: string | undefined;
  /** Milliseconds to wait for a daemon that is away. Default 20,000. */
  readonly patience?: number;
}

export function createClient(address: Address): Client {
  const call: Client["call"] = async (name, ...rest) => {
    const [input = {}, options = {}] = rest as [RawInput?, CallOptions?];
    const route: Route = routes[name];
    const answer = await send(address, {
      method: route.method,
      path: fillPath(route, input),
      body: route.body && input.body ? JSON.stringify(input.body) : undefined,
      signal: options.signal,
    });
    return decode(route, answer, address) as never;
  };
  return {
    address: nameOf(address),
    call,
    waitFor: (operation, options) => waitFor(call, operation, options),
    async exec(guest, start, options = {}) {
      const { exec } = await import("./stream/exec.ts");
      return exec(address, pathOf("guestExec", guest), { type: "exec", ...start }, options.signal);
    },
    async console(guest, start = {}, options = {}) {
      const { openConsole } = await import("./stream/console.ts");
      const path = pathOf("guestConsole", guest);
      return openConsole(address, path, { type: "console", ...start }, options.signal);
    },
    async fileOut(guest, path, options = {}) {
      const { fileOut } = await import("./stream/file.ts");
      return fileOut(address, pathOf("guestFile", guest), path, options.signal);
    },
    async fileIn(guest, path, content, options = {}) {
      const { fileIn } = await import("./stream/file.ts");
      return fileIn(address, pathOf("guestFile", guest), path, content, options.signal);
    },
    async *events(options = {}) {
      const { events } = await import("./stream/events.ts");
      yield* events(address, options);
    },
  };
}

interface RawInput {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
}

const pathOf = (name: "guestExec" | "guestConsole" | "guestFile", guest: string): string =>
  fillPath(routes[name], { params: { guest } });

function fillPath(route: Route, { params = {}, query = {} }: RawInput): string {
  const path = route.path.replace(/:(\w+)/g, (_, name: string) => {
    // An empty part would make it another path.
    if (!params[name]) throw new LodgeError("api.invalid", { field: name, reason: "is required" });
    return encodeURIComponent(params[name]);
  });
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined);
  if (pairs.length === 0) return path;
  return `${path}?${new URLSearchParams(pairs.map(([name, value]) => [name, String(value)])).toString()}`;
}

function decode(route: Route, answer: Buffer, address: Address): unknown {
  if (route.media === "text/plain") return answer.toString();
  if (route.media) return answer;
  try {
    const value = JSON.parse(answer.toString()) as { items?: unknown };
    return route.list ? value.items : value;
  } catch (cause) {
    throw new LodgeError("api.unexpected_answer", { address: nameOf(address), status: 200 }, { cause });
  }
}
