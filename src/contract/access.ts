/** Who may do what. Each role may all that those before it may. */
export const roles = ["viewer", "operator", "admin"] as const;
export type Role = (typeof roles)[number];

/**
 * What a route asks of its caller: a role; "self", somebody who is signed in and acts on what is his own;
 * "anyone", nothing.
 */
export type Permission = Role | "self" | "anyone";

/** May a caller with this role, or nobody in particular, do what needs that? */
export function allows(role: Role | undefined, needed: Permission): boolean {
  if (needed === "anyone") return true;
  if (role === undefined) return false;
  return needed === "self" || roles.indexOf(role) >= roles.indexOf(needed);
}
