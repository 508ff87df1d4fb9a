/** The account here of somebody whom a provider vouches for; made where it lets new people in. */
import type { GlobalRole } from "#contract/access";
import { hasCode } from "#contract/errors";
import { newId } from "#base/ids";
import {
  nameKey,
  userByName,
  userKey,
  type AccessParts,
  type Identity,
  type Told,
  type UserRecord,
} from "./record.ts";
import { digestOf } from "./secret.ts";
import { changeUser, listUsers, newUser } from "./users.ts";

export interface Vouched {
  readonly identity: Identity;
  /** Of an account that is made; none: none is. */
  readonly role: GlobalRole | undefined;
  /** What the account would be called, the best first. */
  readonly wishes: readonly unknown[];
}

export const accountOf = async (parts: AccessParts, identity: Identity): Promise<UserRecord | undefined> =>
  (await listUsers(parts)).find(({ value }) =>
    value.identities?.some(
      ({ issuer, subject }) => issuer === identity.issuer && subject === identity.subject,
    ),
  )?.value;

export async function openAccount(parts: AccessParts, vouched: Vouched): Promise<UserRecord | undefined> {
  const known = await accountOf(parts, vouched.identity);
  if (known || !vouched.role) return known;
  const made = await make(parts, vouched.role, vouched);
  // The name was taken meanwhile, perhaps by the same person on another page.
  return made ?? openAccount(parts, vouched);
}

/** Undefined where somebody was faster. */
async function make(parts: AccessParts, role: GlobalRole, vouched: Vouched): Promise<UserRecord | undefined> {
  const name = await freeName(parts, vouched);
  const user: UserRecord = {
    ...(await newUser(parts, name, role, undefined)),
    identities: [vouched.identity],
  };
  try {
    await parts.store.transact({
      compare: [{ key: nameKey(name), revision: "absent" }],
      put: [
        { key: nameKey(name), value: user.id },
        { key: userKey(user.id), value: user },
      ],
    });
  } catch (error) {
    if (hasCode(error, "store.conflict")) return undefined;
    throw error;
  }
  return user;
}

/** Never the name of an account that is there: a provider's word makes nobody somebody else. */
async function freeName({ store }: AccessParts, { identity: { subject }, wishes }: Vouched): Promise<string> {
  const wish = [...wishes, subject].find((claim): claim is string => typeof claim === "string");
  const plain = (wish ?? "")
    .replace(/@.*$/, "")
    .toLowerCase()
    .replace(/[^a-z0-9._-]/g, "-")
    .slice(0, 56)
    .replace(/^[^a-z0-9]+|[^a-z0-9]+$/g, "");
  const name = plain || "user";
  for (const free of [name, `${name}-${digestOf(subject).slice(0, 6)}`])
    if (!(await userByName(store, free))) return free;
  return `${name}-${newId("").slice(0, 6)}`;
}

/** Keeps what a provider says of an account now; that it says anything of it ends what shut it out there. */
export const keepTold = (parts: AccessParts, user: string, told: Told): Promise<UserRecord> =>
  changeUser(parts, user, ({ lapsed: _, ...now }) => ({ ...now, told }));
