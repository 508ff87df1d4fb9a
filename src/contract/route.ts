/** What is said of an endpoint: its row in routes.ts. */
import type { Permission, Role } from "./access.ts";
import type { ErrorCode } from "./errors.ts";
import type { Schemas } from "./schemas.ts";

export type SchemaName = keyof Schemas;

/** What names something of a project in a route's path. */
export const ownedNouns = [
  "guest",
  "image",
  "template",
  "operation",
  "upload",
  "project",
  "recording",
  "firewall",
  "network",
  "volume",
  "desktopPool",
  "desktop",
] as const;
export type OwnedNoun = (typeof ownedNouns)[number];

export interface Route {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  readonly path: string;
  readonly permission: Permission;
  /** Of hosts that are no members yet: what lets them in is in the body. */
  readonly joins?: true;
  /** Of hosts outside the cluster that bring a guest, by their own door alone: server/visitor-door.ts. */
  readonly visits?: true;
  /**
   * What the permission has to be had for, where that is not the object that the path names: the project that is
   * named in the query ("project"), or each of what is listed ("list"). Without a word: the host.
   */
  readonly scope?: "project" | "list";
  /** It has to be had for the host as well. */
  readonly host?: true;
  /** Fields of the body that need such a role for the host where they are true, or a path on the host. */
  readonly hostFields?: Readonly<Record<string, Role>>;
  /** Fields of the body that need such a role for the host where they are given, or have one of these values. */
  readonly hostValues?: Readonly<
    Record<string, { readonly needs: Role; readonly values?: readonly string[] }>
  >;
  /** The object that it is about, where the path names none. */
  readonly subject?: { readonly part: "body" | "query"; readonly field: string; readonly noun: OwnedNoun };
  readonly summary: string;
  readonly body?: SchemaName;
  /** The body is a piece of a file, as it stands. */
  readonly bytes?: true;
  readonly query?: SchemaName;
  readonly returns?: SchemaName;
  /** The answer is `{items: T[]}`. */
  readonly list?: true;
  /** In a cluster each host knows its own: each item says whose it is, and `unanswered` which hosts did not answer. */
  readonly spread?: true;
  /** A list of pages: `{items, next?, at}`. `next` is the following page's cursor, `at` where to follow events from. */
  readonly paged?: true;
  /** The answer is 202 and an Operation. */
  readonly operation?: true;
  /**
   * It reaches into a guest, or makes a copy of it. Of somebody's desktop that is for an admin who says why (`reason` in the query),
   * or for nobody ("never"): domain/desktop/intrusions.ts.
   */
  readonly intrudes?: "inside" | "copy" | "never";
  /** Only where the body has this field. */
  readonly intrudesBy?: string;
  /** A WebSocket. */
  readonly stream?: true;
  /** A ticket in its query, which the handler redeems, stands for the permission. */
  readonly ticket?: true;
  /** The stream is also served as server-sent events, to whoever accepts text/event-stream. */
  readonly sse?: true;
  /** What tus 1.0 has headers for is also in headers; to whoever speaks it (Tus-Resumable), in them alone. */
  readonly tus?: true;
  /** The answer's media type, where it is not JSON. */
  readonly media?: string;
  /** The answer is a file, of which parts can be asked for (RFC 9110, 14). */
  readonly ranges?: true;
  /** The answer is a file that is made for it. */
  readonly file?: true;
  /** It is in the audit log though it changes nothing: something leaves by it. */
  readonly audited?: true;
  /** Its handler says what else the audit log is to have, and it is written down once that is known. */
  readonly noted?: true;
  readonly errors: readonly ErrorCode[];
}

/** The object of a project that a route's path names. */
export const ownedNounOf = ({ path }: Pick<Route, "path">): OwnedNoun | undefined =>
  ownedNouns.find((noun) => new RegExp(`/:${noun}(/|$)`).test(path));

/** May the query say why? */
export const takesReason = ({ intrudes }: Route): boolean => intrudes === "inside" || intrudes === "copy";

/** May the query name a project? */
export function takesProject(route: Route): boolean {
  if (["anyone", "self", "peer"].includes(route.permission)) return false;
  const noun = ownedNounOf(route);
  return (
    route.scope !== undefined || route.subject !== undefined || (noun !== undefined && noun !== "project")
  );
}
