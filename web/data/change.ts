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

export type Change<N extends ChangeName> = UseMutationResult<Answer<N>, LodgeError, Input<N>>;

interface ChangeOptions {
  /** The caller shows errors itself, beside what caused them. */
  readonly quiet?: boolean;
}

export function useChange<N extends ChangeName>(name: N, { quiet = false }: ChangeOptions = {}): Change<N> {
  const queries = useQueryClient();
  const ask = call as (name: ChangeName, input: unknown) => Promise<unknown>;
  return useMutation<Answer<N>, LodgeError, Input<N>>({
    mutationKey: [name],
    mutationFn: async (input) => (await ask(name, input)) as Answer<N>,
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
