/** What else is different once an object has changed, and is told by no frame of its own. */
import type { QueryClient } from "@tanstack/react-query";
import type { ObjectKind } from "#contract/schema/feed";
import type { ReadName } from "./api.ts";

const touched: Readonly<Record<ObjectKind, readonly ReadName[]>> = {
  guest: ["hostGet"],
  snapshot: [],
  image: ["recipeList", "hostGet"],
  operation: [],
  network: [],
  recording: [],
  template: ["templateBudgetGet", "hostGet"],
  project: [],
  webhook: ["deliveryList"],
};

export function stir(queries: QueryClient, kind: string): void {
  const names = touched[kind as ObjectKind] ?? [];
  for (const name of names) void queries.invalidateQueries({ queryKey: [name] });
}
