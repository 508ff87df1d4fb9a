/** Who may have a desktop of a pool. Pure. */
import type { Entitled } from "#contract/schema/desktop-pool";
import { accountOf, type Actor } from "../access/actor.ts";
import type { Memberships } from "../access/memberships.ts";

/** Whoever asks for a desktop: the account whose it is. */
export interface Person extends Memberships {
  /** The account's id. */
  readonly id: string;
  /** He has the host itself, and so may have everything. */
  readonly isHost: boolean;
}

export function isEntitled(
  { everyone, users = [], groups = [], claims = [] }: Entitled,
  who: Person,
): boolean {
  if (everyone === true || who.isHost) return true;
  return (
    users.includes(who.name) ||
    groups.some((group) => who.groups.includes(group)) ||
    claims.some((claim) => who.claims.includes(claim))
  );
}

/** Whoever asks through the host itself, or with a token of its own, has desktops like an account of his own. */
export async function personOf(
  actor: Actor,
  memberships: (actor: Actor) => Promise<Memberships | undefined>,
): Promise<Person> {
  const found = await memberships(actor);
  const id = accountOf(actor);
  if (found) return { ...found, id, isHost: false };
  // No account can be called like that.
  const name = actor.kind === "token" ? `token/${actor.token.name}` : "host";
  return { id, name, groups: [], claims: [], isHost: actor.kind === "host" };
}
