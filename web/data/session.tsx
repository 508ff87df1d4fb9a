/** Who looks at this page, and what that one may do. */
import { useQueryClient } from "@tanstack/react-query";
import { allows, highestRole, type Permission } from "#contract/access";
import type { Schemas } from "#contract/schemas";
import { call } from "./api.ts";
import { keyOf, useRead, type Read } from "./query.ts";

export type Identity = Schemas["Identity"];

export const useSession = (): Read<"sessionGet"> => useRead("sessionGet");

/** May who is signed in do what needs this? */
export function useMay(needed: Permission): boolean {
  const { data } = useSession();
  return allows(data && highestRole(data), needed);
}

/** Takes up a new session: what somebody else saw is forgotten. */
export function useEnter(): (identity: Identity) => void {
  const queries = useQueryClient();
  return (identity) => {
    queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== "sessionGet" });
    queries.setQueryData(keyOf("sessionGet"), identity);
  };
}

export function useLeave(): () => Promise<void> {
  return async () => {
    await call("sessionDelete");
    // Nothing of what was seen stays in the page's memory.
    location.assign("/");
  };
}
