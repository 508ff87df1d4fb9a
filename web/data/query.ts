/** Reading: each route's answer under one key of the cache, kept fresh by the feed and never by a timer. */
import { QueryCache, QueryClient, useQuery, type UseQueryResult } from "@tanstack/react-query";
import { useMemo } from "react";
import type { Answer } from "#contract/call";
import type { Input, Spread } from "#client/request";
import { hasCode, type LodgeError } from "#contract/errors";
import { routes } from "#contract/routes";
import { call, spread, type ReadName } from "./api.ts";
import { partOf, useProject } from "./project.ts";

/** Errors that another try may end: the daemon starts again, or its network is away for a moment. */
const mayPass = (error: unknown): boolean =>
  hasCode(error, "api.daemon_unreachable", "api.daemon_lost", "api.stopping");

export function createQueryClient(): QueryClient {
  const queries = new QueryClient({
    queryCache: new QueryCache({
      // A session that has ended shows in any answer; the page then asks to sign in again.
      onError: (error, { queryKey }) => {
        if (hasCode(error, "api.unauthorized") && queryKey[0] !== session[0])
          void queries.invalidateQueries({ queryKey: session });
      },
    }),
    defaultOptions: {
      queries: {
        staleTime: Infinity,
        gcTime: 5 * 60_000,
        refetchOnWindowFocus: false,
        refetchOnReconnect: false,
        retry: (count, error) => mayPass(error) && count < 30,
        retryDelay: 1000,
      },
      mutations: { retry: false },
    },
  });
  return queries;
}

const session = ["sessionGet"] as const;

type Given = {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, unknown>>;
};

/** `host`: which one of a cluster answers it, by its name; undefined: any. */
export const keyOf = (name: ReadName, { params = {}, query = {} }: Given = {}, host?: string) =>
  host === undefined ? ([name, params, query] as const) : ([name, params, query, host] as const);

/** Under which the hosts are kept that did not answer when a list was asked for. */
export const unansweredKey = (name: ReadName) => ["unanswered", name] as const;

/** Has each host of a cluster its own part of this list? */
export const isSpread = (name: unknown): boolean =>
  Object.hasOwn(routes, name as string) && "spread" in routes[name as ReadName];

export interface ReadOptions {
  /** Ask again after so many milliseconds: for what no event tells of. */
  readonly every?: number;
  readonly enabled?: boolean;
  /** Of all projects, also while one is looked at. */
  readonly whole?: boolean;
  /** The host of the cluster that is to answer, by its name. */
  readonly host?: string | undefined;
}

type Ask<T> = (
  name: ReadName,
  input: unknown,
  options: { readonly signal: AbortSignal; readonly host: string | undefined },
) => Promise<T>;
const ask = call as Ask<unknown>;
const askAll = spread as unknown as Ask<Spread<unknown>>;

export type Read<N extends ReadName> = UseQueryResult<Answer<N>, LodgeError>;

export function useRead<N extends ReadName>(
  name: N,
  input: Input<N> = {} as Input<N>,
  { every, enabled = true, whole = false, host }: ReadOptions = {},
): Read<N> {
  const project = useProject();
  // The same function as long as it does the same: a list is not another one each time the page is drawn.
  const part = useMemo(() => (whole ? undefined : partOf(name, project)), [whole, name, project]);
  return useQuery<Answer<N>, LodgeError>({
    queryKey: keyOf(name, input as Given, host),
    queryFn: async ({ signal, client }) => {
      if (!isSpread(name)) return (await ask(name, input, { signal, host })) as Answer<N>;
      const { items, unanswered } = await askAll(name, input, { signal, host });
      client.setQueryData(unansweredKey(name), unanswered);
      return items as Answer<N>;
    },
    enabled,
    ...(part ? { select: part as (items: Answer<N>) => Answer<N> } : {}),
    ...(every === undefined ? {} : { refetchInterval: every }),
  });
}
