/** What else is different once something of a kind has happened, and is told by no frame of its own. */
import type { QueryClient } from "@tanstack/react-query";
import type { ReadName } from "./api.ts";

const guests: readonly ReadName[] = [
  "guestList",
  "guestGet",
  "networkList",
  "templateList",
  "templateBudgetGet",
  "hostGet",
];

const touched: Readonly<Record<string, readonly ReadName[]>> = {
  guest: guests,
  disk: guests,
  host: guests,
  image: ["imageList", "imageGet", "recipeList", "hostGet"],
  template: ["templateList", "templateBudgetGet", "hostGet"],
};

/** `kind` is an event's or an operation's: "guest.started". */
export function stir(queries: QueryClient, kind: string): void {
  const names = touched[kind.slice(0, kind.indexOf("."))] ?? [];
  for (const name of names) void queries.invalidateQueries({ queryKey: [name] });
}
