/** Changing: calls that say what went wrong, in the catalogue's words, wherever nobody else does. */
import { useMutation, useQueryClient, type UseMutationResult } from "@tanstack/react-query";
import type { Answer } from "#contract/call";
import type { Input } from "#client/request";
import type { LodgeError } from "#contract/errors";
import type { Operation } from "#contract/operation";
import type { Route } from "#contract/route";
import { routes } from "#contract/routes";
import { call, errorOf, type ChangeName } from "./api.ts";
import { putObject } from "./apply.ts";
import { own } from "./own-operations.ts";
import { stirAfter } from "./stir.ts";
import { tellFailure } from "../ui/notify.ts";

/** What is asked for, and of which host of the cluster, by its name. */
type Asked<N extends ChangeName> = Input<N> & { readonly host?: string | undefined };

export type Change<N extends ChangeName> = UseMutationResult<Answer<N>, LodgeError, Asked<N>>;

interface ChangeOptions {
  /** The caller shows errors itself, beside what caused them. */
  readonly quiet?: boolean;
}

export function useChange<N extends ChangeName>(name: N, { quiet = false }: ChangeOptions = {}): Change<N> {
  const queries = useQueryClient();
  const ask = call as (
    name: ChangeName,
    input: unknown,
    options: { host?: string | undefined },
  ) => Promise<unknown>;
  return useMutation<Answer<N>, LodgeError, Asked<N>>({
    mutationKey: [name],
    mutationFn: async ({ host, ...input }) => (await ask(name, input, { host })) as Answer<N>,
    onSuccess: (answer) => {
      // Here, where it happens also if whatever began the change is not shown any more.
      stirAfter(queries, name);
      // An operation that was begun is shown before the feed tells of it.
      if (!(routes[name] as Route).operation) return;
      const operation = answer as unknown as Operation;
      putObject(queries, "operation", operation);
      own(operation);
    },
    onError: (error) => {
      if (!quiet) tellFailure(errorOf(error));
    },
  });
}
