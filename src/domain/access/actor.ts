/** Whoever asks for something, as far as it is known. */
import type { GlobalRole, Role } from "#contract/access";

/** Somebody who has the host itself: through the unix socket, or with the secret in the home's token file. */
export interface HostActor {
  readonly kind: "host";
  readonly role: "admin";
  readonly projects?: undefined;
}

/** A person who is signed in. */
export interface UserActor {
  readonly kind: "user";
  readonly role: GlobalRole;
  /** Roles that were granted in single projects. */
  readonly projects?: Readonly<Record<string, Role>>;
  readonly user: { readonly id: string; readonly name: string };
  /** The session's id, which is no secret. */
  readonly session: string;
  readonly secondFactor: boolean;
  readonly expiresAt: number;
}

/** A program with a token: a user's, or the host's own. */
export interface TokenActor {
  readonly kind: "token";
  readonly role: GlobalRole;
  readonly projects?: Readonly<Record<string, Role>>;
  readonly user?: { readonly id: string; readonly name: string };
  readonly token: { readonly id: string; readonly name: string };
  readonly expiresAt?: number;
}

export type Actor = HostActor | UserActor | TokenActor;

export const hostActor: HostActor = { kind: "host", role: "admin" };

/** In words, for logs and for the operations that were asked for. */
export function actorName(actor: Actor): string {
  switch (actor.kind) {
    case "host":
      return "host";
    case "user":
      return actor.user.name;
    case "token":
      return `${actor.user ? `${actor.user.name}/` : ""}${actor.token.name}`;
  }
}

/** Somebody over all his sessions: whose tickets and streams they are. */
export function holderOf(actor: Actor): string {
  switch (actor.kind) {
    case "host":
      return "host";
    case "user":
      return `user:${actor.user.id}`;
    case "token":
      return `token:${actor.token.id}`;
  }
}

/** The account's id that whoever asks acts for; the host and each token of its own are as one. */
export function accountOf(actor: Actor): string {
  if (actor.kind === "host") return "host";
  return actor.user?.id ?? `token:${(actor as TokenActor).token.id}`;
}

/** Where a request came from. */
export interface Origin {
  /** The peer's address; none through the unix socket. */
  readonly address?: string;
  /** What the browser calls itself. */
  readonly agent?: string;
  /** Where the caller finds this server: "http://localhost:7070". */
  readonly page?: string;
}
