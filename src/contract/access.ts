/**
 * Who may do what. A role counts in every project where it is an account's own, and in one project where it was
 * granted there. Each role may all that those before it may.
 *
 *   what it is about          whoever has no role there     too small a role     the role that is needed
 *   an object of a project    hidden: as if it were not     forbidden            allowed
 *   the host itself           forbidden                     forbidden            allowed
 *   a list                    allowed, and empty            forbidden            allowed, with what he sees
 *
 * What is shared with all projects is seen by everybody who is signed in, and changed by those of its own project.
 */
export const roles = ["viewer", "operator", "admin"] as const;
export type Role = (typeof roles)[number];

/** An account's role in all projects; "none": it has only those that it was granted in some. */
export const globalRoles = ["none", ...roles] as const;
export type GlobalRole = (typeof globalRoles)[number];

/**
 * What a route asks of its caller: a role; "self", somebody who is signed in and acts on what is his own;
 * "anyone", nothing; "peer", to be another host of the cluster, which nobody is who has a role.
 */
export type Permission = Role | "self" | "anyone" | "peer";

/** The project of what names none. It is always there. */
export const defaultProject = "default";

/** Whoever has roles. */
export interface Holder {
  readonly role: GlobalRole;
  /** Those granted in single projects. */
  readonly projects?: Readonly<Record<string, Role>> | undefined;
}

/** Whose something is: a project's or, without one, the host's. */
export interface Owner {
  readonly project?: string | undefined;
  /** Every project may use it. */
  readonly shared?: boolean | undefined;
}

/** What a request is about: something with an owner, or a list of whatever its reader sees. */
export type Place = Owner | "list";

export type Decision = "allowed" | "unauthorized" | "forbidden" | "hidden";

const rank = (role: GlobalRole | undefined): number => roles.indexOf(role as Role);

/** May a caller with this role, or nobody in particular, do what needs that? */
export function allows(role: GlobalRole | undefined, needed: Permission): boolean {
  if (needed === "anyone") return true;
  if (role === undefined || needed === "peer") return false;
  return needed === "self" || rank(role) >= rank(needed);
}

/** The larger of a holder's own role and the one granted in a project; undefined: none. */
export function roleIn({ role, projects }: Holder, project: string): Role | undefined {
  const granted = projects && Object.hasOwn(projects, project) ? projects[project] : undefined;
  const most = rank(granted) > rank(role) ? granted : role;
  return most === "none" ? undefined : most;
}

/** The largest role that a holder has anywhere. */
export function highestRole({ role, projects = {} }: Holder): GlobalRole {
  return Object.values(projects).reduce<GlobalRole>(
    (most, one) => (rank(one) > rank(most) ? one : most),
    role,
  );
}

/** The project that is meant where none is named: the default one, or the only one that a holder has. */
export function usualProject(holder: Holder | undefined): string {
  if (!holder || roleIn(holder, defaultProject)) return defaultProject;
  const [only, ...others] = Object.keys(holder.projects ?? {});
  return only !== undefined && others.length === 0 ? only : defaultProject;
}

export function decide(holder: Holder | undefined, needed: Permission, place: Place): Decision {
  if (needed === "anyone") return "allowed";
  if (!holder) return "unauthorized";
  if (needed === "peer") return "forbidden";
  if (needed === "self") return "allowed";
  if (place === "list")
    return needed === "viewer" || allows(highestRole(holder), needed) ? "allowed" : "forbidden";
  if (place.project === undefined && !place.shared)
    return allows(holder.role, needed) ? "allowed" : "forbidden";
  const role = place.project === undefined ? holder.role : roleIn(holder, place.project);
  if (allows(role, needed)) return "allowed";
  if (place.shared) return needed === "viewer" ? "allowed" : "forbidden";
  return role === undefined ? "hidden" : "forbidden";
}
