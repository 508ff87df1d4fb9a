/** Hosts of the cluster that did not answer when lists were asked for. */
import { useQueries } from "@tanstack/react-query";
import type { ReadName } from "./api.ts";
import { unansweredKey } from "./query.ts";

const none: readonly string[] = [];

/** By name, of any of these lists. */
export function useUnanswered(lists: readonly ReadName[]): readonly string[] {
  const each = useQueries({
    queries: lists.map((name) => ({
      queryKey: unansweredKey(name),
      queryFn: () => none,
      enabled: false,
      initialData: none,
    })),
  });
  return [...new Set(each.flatMap(({ data }) => data))].toSorted();
}
