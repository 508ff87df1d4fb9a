/** Who somebody is, as the API says it. */
import { LodgeError } from "#contract/errors";
import type { Schemas } from "#contract/schemas";
import type { Actor, UserActor } from "./actor.ts";
import { iso, type SessionRecord, type UserRecord } from "./record.ts";
import type { NewSession } from "./sessions.ts";

/** A session that has begun, with what the browser gets to keep of it. */
export interface SignedIn {
  readonly identity: Schemas["Identity"];
  readonly secret: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** @throws LodgeError access.session_needed */
export function requirePerson(actor: Actor): UserActor {
  if (actor.kind !== "user") throw new LodgeError("access.session_needed");
  return actor;
}

export const userActor = (user: UserRecord, session: SessionRecord): UserActor => ({
  kind: "user",
  role: user.role,
  ...(user.projects === undefined ? {} : { projects: user.projects }),
  user: { id: user.id, name: user.name },
  session: session.id,
  secondFactor: user.secondFactor !== undefined,
  expiresAt: session.expiresAt,
});

export function signedIn(user: UserRecord, { record, secret }: NewSession): SignedIn {
  const identity: Schemas["Identity"] = {
    kind: "user",
    user: user.name,
    role: user.role,
    ...(user.projects === undefined ? {} : { projects: user.projects }),
    session: record.id,
    secondFactor: user.secondFactor !== undefined,
    expiresAt: iso(record.expiresAt),
  };
  return { identity, secret, expiresAt: record.expiresAt };
}

export const identityOf = (actor: Actor): Schemas["Identity"] => ({
  kind: actor.kind,
  role: actor.role,
  ...(actor.projects && Object.keys(actor.projects).length > 0 ? { projects: actor.projects } : {}),
  ...(actor.kind !== "host" && actor.user ? { user: actor.user.name } : {}),
  ...(actor.kind === "token" ? { token: actor.token.name } : {}),
  ...(actor.kind === "user" ? { session: actor.session, secondFactor: actor.secondFactor } : {}),
  ...(actor.kind !== "host" && actor.expiresAt !== undefined ? { expiresAt: iso(actor.expiresAt) } : {}),
});
