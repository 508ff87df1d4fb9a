/** Which state of an object an answer showed (RFC 9110, 8.8.3), and whether it is still in that state (13.1). */
import { createHash } from "node:crypto";
import { LodgeError } from "#contract/errors";
import type { Route } from "#contract/route";
import { routes, type RouteName } from "#contract/routes";

/** The same for the same content: a strong validator. */
export const etagOf = (content: string | Uint8Array): string =>
  `"${createHash("sha256").update(content).digest("base64url").slice(0, 27)}"`;

const listed = (header: string): string[] => header.split(",").map((tag) => tag.trim());

/** Has whoever asks the object in this state already (If-None-Match)? */
export const isKnown = (header: string | undefined, etag: string): boolean =>
  header !== undefined && listed(header).some((tag) => tag === "*" || tag.replace(/^W\//, "") === etag);

/** A function that throws where an object is in no state that the header (If-Match) names. */
export function matcher(header: string): (object: unknown) => void {
  const tags = listed(header);
  return (object) => {
    // A weak tag never matches here: it does not say that all of the object is the same.
    if (tags.includes("*") || tags.includes(etagOf(JSON.stringify(object)))) return;
    throw new LodgeError("api.changed");
  };
}

/** Does this route show one object, whose state has a tag? */
export const showsObject = (route: Route): boolean =>
  route.returns !== undefined && !route.list && !route.stream;

/** The route that shows the object which a path is about: the path itself, or the nearest one above it. */
export function objectRoute(path: string): RouteName | undefined {
  for (let at = path; at.includes("/"); at = at.slice(0, at.lastIndexOf("/"))) {
    const found = Object.entries(routes).find(
      ([, route]: [string, Route]) => route.method === "GET" && route.path === at && showsObject(route),
    );
    if (found) return found[0] as RouteName;
  }
  return undefined;
}
