/** Accounts. */
import type { GlobalRole, Role } from "#contract/access";
import { LodgeError, hasCode } from "#contract/errors";
import type { Schemas } from "#contract/schemas";
import { newId } from "#base/ids";
import { stays } from "../project/record.ts";
import { hashPassword, requireStrong } from "./password.ts";
import {
  isShutOut,
  findUser,
  iso,
  nameKey,
  readAll,
  userKey,
  userPrefix,
  type AccessParts,
  type Stored,
  type Told,
  type UserRecord,
} from "./record.ts";

export const shownUser = (user: UserRecord): Schemas["User"] => ({
  id: user.id,
  name: user.name,
  role: user.role,
  ...(user.projects === undefined ? {} : { projects: user.projects }),
  barred: user.barred === true,
  lapsed: user.lapsed === true,
  password: user.password !== undefined,
  secondFactor: user.secondFactor !== undefined,
  groups: [...(user.groups ?? [])],
  ...(user.told === undefined ? {} : { told: shownTold(user.told) }),
  createdAt: iso(user.createdAt),
  ...(user.lastSignInAt === undefined ? {} : { lastSignInAt: iso(user.lastSignInAt) }),
});

const shownTold = ({ at, groups, claims, ...told }: Told): NonNullable<Schemas["User"]["told"]> => ({
  ...told,
  at: iso(at),
  groups: [...groups],
  claims: [...claims],
});

export const listUsers = async ({ store }: AccessParts): Promise<Stored<UserRecord>[]> =>
  (await readAll<UserRecord>(store, userPrefix)).toSorted((a, b) => (a.value.name < b.value.name ? -1 : 1));

/** An account's record and what claims its name, for a transaction. */
export async function newUser(
  { clock, hashCost }: AccessParts,
  name: string,
  role: GlobalRole,
  password: string | undefined,
): Promise<UserRecord> {
  if (password !== undefined) requireStrong(password, name);
  return {
    id: newId("u"),
    name,
    role,
    createdAt: clock.now(),
    ...(password === undefined ? {} : { password: await hashPassword(password, hashCost) }),
  };
}

/** @throws LodgeError user.name_taken, access.password_weak */
export async function createUser(
  parts: AccessParts,
  { name, role, password }: Schemas["UserCreate"],
): Promise<UserRecord> {
  const user = await newUser(parts, name, role, password);
  await claimingName(name, () =>
    parts.store.transact({
      compare: [{ key: nameKey(name), revision: "absent" }],
      put: [
        { key: nameKey(name), value: user.id },
        { key: userKey(user.id), value: user },
      ],
    }),
  );
  return user;
}

/** @throws LodgeError user.name_taken where the transaction finds the name taken. */
export async function claimingName<T>(name: string, transact: () => Promise<T>): Promise<T> {
  try {
    return await transact();
  } catch (error) {
    if (hasCode(error, "store.conflict")) throw new LodgeError("user.name_taken", { name }, { cause: error });
    throw error;
  }
}

/**
 * Changes an account as long as nobody else does, and while the project stays that the change names.
 * @throws LodgeError user.not_found, user.last_admin, project.not_found
 */
export async function changeUser(
  parts: AccessParts,
  ref: string,
  change: (user: UserRecord) => UserRecord | undefined,
  project?: string,
): Promise<UserRecord> {
  for (;;) {
    const { key, revision, value: user } = await findUser(parts.store, ref);
    const changed = change(user);
    const admin = changed && isAdmin(changed) ? [] : await otherAdmin(parts, user);
    const home = project === undefined ? [] : await stays(parts.store, project);
    try {
      await parts.store.transact({
        compare: [{ key, revision }, ...admin, ...home],
        ...(changed ? { put: [{ key, value: changed }] } : { delete: [key, nameKey(user.name)] }),
      });
      return changed ?? user;
    } catch (error) {
      if (!hasCode(error, "store.conflict")) throw error;
    }
  }
}

const isAdmin = (user: UserRecord): boolean => user.role === "admin" && !isShutOut(user);

/** What a transaction compares so that an admin is left, where this account is one. */
async function otherAdmin(
  parts: AccessParts,
  user: UserRecord,
): Promise<{ key: string; revision: number }[]> {
  if (!isAdmin(user)) return [];
  const other = (await listUsers(parts)).find(({ value }) => value.id !== user.id && isAdmin(value));
  if (!other) throw new LodgeError("user.last_admin", { user: user.name });
  return [{ key: other.key, revision: other.revision }];
}

/** The same account with this role granted in a project, or none. */
export function withRole(user: UserRecord, project: string, role: Role | undefined): UserRecord {
  const { projects: before = {}, ...rest } = user;
  const { [project]: _, ...others } = before;
  const projects = role === undefined ? others : { ...others, [project]: role };
  return Object.keys(projects).length === 0 ? rest : { ...rest, projects };
}

/** The account as one that was granted a role in a project; undefined: it was not. */
export function shownMember(user: UserRecord, project: string): Schemas["Member"] | undefined {
  const { projects = {}, name, role: everywhere } = user;
  const role = Object.hasOwn(projects, project) ? projects[project] : undefined;
  return role === undefined ? undefined : { user: name, role, everywhere };
}
