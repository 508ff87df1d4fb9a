/**
 * Who asks, where one host of a cluster has another answer: in a header that counts at the peer door alone, and is taken
 * out of whatever comes in by another. It names who asks and gives him nothing: the host that answers looks up what he may.
 */
import { LodgeError } from "#contract/errors";
import type { Actor, Origin } from "#domain/access/actor";

export const askerHeader = "lodge-asker";

/** By ids that are no secrets. */
export type AskerRef =
  | { readonly kind: "host" }
  | { readonly kind: "user"; readonly user: string; readonly session: string }
  | { readonly kind: "token"; readonly token: string };

export interface Asker {
  /** Nobody, where he is not known and need not be. */
  readonly actor?: AskerRef;
  readonly origin: Origin;
}

function refOf(actor: Actor): AskerRef {
  switch (actor.kind) {
    case "host":
      return { kind: "host" };
    case "user":
      return { kind: "user", user: actor.user.id, session: actor.session };
    case "token":
      return { kind: "token", token: actor.token.id };
  }
}

export const writeAsker = (actor: Actor | undefined, origin: Origin): string =>
  Buffer.from(JSON.stringify({ ...(actor ? { actor: refOf(actor) } : {}), origin })).toString("base64url");

/** @throws LodgeError api.unauthorized */
export function readAsker(header: string | string[] | undefined): Asker {
  try {
    const asker = JSON.parse(Buffer.from(String(header), "base64url").toString("utf8")) as Asker;
    if (typeof asker.origin === "object") return asker;
  } catch {
    // As if there were none.
  }
  throw new LodgeError("api.unauthorized");
}
