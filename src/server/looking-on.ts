/**
 * What somebody may of whom the cluster's store can say nothing at the moment, but said lately that he may: he looks on, opens consoles, and
 * stops and pauses guests. Whatever else he asks for waits for the store: by then he may have been shut out, and a right or a secret
 * that he took in between would outlast that.
 */
import type { Route } from "#contract/route";
import { routes, type RouteName } from "#contract/routes";

const besides: ReadonlySet<RouteName> = new Set([
  "eventStream",
  "guestConsole",
  "guestDisplay",
  "guestSound",
  "guestDisplayTicket",
  "guestStop",
  "guestPause",
]);

/** @param name undefined: no route, but a file of the web interface */
export function looksOn(name: RouteName | undefined): boolean {
  if (name === undefined || besides.has(name)) return true;
  const route: Route = routes[name];
  return route.method === "GET" && !route.stream;
}
