/** Who looks at this page, and what that one may do. */
import { useQueryClient } from "@tanstack/react-query";
import { allows, highestRole, roleIn, type Permission } from "#contract/access";
import type { Schemas } from "#contract/schemas";
import { call } from "./api.ts";
import { forgetFrames } from "./last-frame.ts";
import { useProject } from "./project.ts";
import { keyOf, useRead, type Read } from "./query.ts";

export type Identity = Schemas["Identity"];

export const useSession = (): Read<"sessionGet"> => useRead("sessionGet");

/** May who is signed in do what needs this, in the project that is looked at or, of all, in some? */
export function useMay(needed: Permission): boolean {
  const { data } = useSession();
  const project = useProject();
  if (!data) return false;
  if (needed === "self" || needed === "anyone") return true;
  return allows(project === undefined ? highestRole(data) : roleIn(data, project), needed);
}

/** May who is signed in do with the host what needs this? */
export function useMayOnHost(needed: Permission): boolean {
  return allows(useSession().data?.role, needed);
}

/** Takes up a new session: what somebody else saw is forgotten. */
export function useEnter(): (identity: Identity) => void {
  const queries = useQueryClient();
  return (identity) => {
    forgetFrames();
    queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== "sessionGet" });
    queries.setQueryData(keyOf("sessionGet"), identity);
  };
}

/** Out, and to where the next one signs in. */
export function useLeave(): (to?: string) => Promise<void> {
  return async (to = "/") => {
    await call("sessionDelete");
    // Nothing of what was seen stays in the page's memory.
    forgetFrames();
    location.assign(to);
  };
}
