/**
 * Where the records of a cluster's hosts lie in one store (decision 44). What is a host's own has the host after its
 * noun, so that all hosts' and one host's are a range each:
 *
 *   guests/g1 of host h1  ◄─►  guests/@h1/g1          networks/n1  ◄─►  networks/n1
 */

/** What each host has for itself: below these, or exactly these. Everything else is shared. */
const own: readonly string[] = [
  "cell-ids/",
  "cell-users/",
  "copies/",
  "guests/",
  "host/",
  "images/",
  "layers/",
  "operations/",
  "passes/",
  "pool-turns/",
  "pools/",
  "recordings/",
  "settings/overcommit",
  "settings/template-budget",
  "snapshot-names/",
  "snapshots/",
  "template-uses/",
  "templates/",
  "uploads/",
  "verdicts/",
  "visits/",
  "volumes/",
  "webhooks/progress/",
];

/** A key as the domain knows it, and whose it is; nobody's: it is shared, or the host is alone. */
export interface Located {
  readonly key: string;
  readonly host?: string;
}

export const isOwn = (key: string): boolean =>
  own.some((one) => (one.endsWith("/") ? key.startsWith(one) : key === one));

/**
 * Where what a host calls `key`, or all that begins with it, lies in the cluster's store. A key that says itself whose it
 * is stays as it is: what a host writes of another's, in the one transaction with which a guest goes there.
 */
export function placeOf(host: string, key: string): string {
  if (!isOwn(key) || locate(key).host !== undefined) return key;
  const noun = key.indexOf("/") + 1;
  return `${key.slice(0, noun)}@${host}/${key.slice(noun)}`;
}

/** The other way round. */
export function locate(place: string): Located {
  const [, noun, host, rest] = /^([^/]+\/)@([^/]+)\/(.*)$/.exec(place) ?? [];
  return host === undefined ? { key: place } : { host, key: `${noun}${rest}` };
}

/** Does a prefix cover some of what is own and something else besides? Then it is no range of one host's. */
export const isMixed = (prefix: string): boolean =>
  !isOwn(prefix) && own.some((one) => one.startsWith(prefix));
