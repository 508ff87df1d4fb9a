/**
 * Is every change there that was acknowledged, and none that was not asked for? Pure.
 *
 * A change whose outcome nobody knows may take effect at any time after it was asked for, also after later ones: the host that was
 * asked may have stood still. So what may be found is what the last acknowledged change made, or any of unknown outcome.
 */
import type { Change, End, Listed, Violation } from "./history.ts";

type Verb = Change["verb"];
type Of<V extends Verb> = Extract<Change, { verb: V }>;

const of = <V extends Verb>(changes: readonly Change[], verb: V): Of<V>[] =>
  changes.filter((change): change is Of<V> => change.verb === verb);

/** What may be found of something that each change sets anew. */
function possible<V extends Verb>(
  changes: readonly Of<V>[],
  value: (change: Of<V>) => string,
  first: string,
) {
  const done = changes.filter(({ outcome }) => outcome === "done");
  const last = done.toSorted((a, b) => a.ended - b.ended).at(-1);
  const open = changes.filter(({ outcome }) => outcome === "unknown").map(value);
  return new Set([last ? value(last) : first, ...open]);
}

/** Of one guest: what was asked of it, oldest first. */
export function checkChanges(guest: string, changes: readonly Change[], end: End): Violation[] {
  const violation = (rule: string, words: string): Violation => ({ rule, guest, words });
  const hosts = Object.entries(end.lists);
  const found = hosts.map(([host, list]): [string, Listed[]] => [
    host,
    list.filter(({ name }) => name === guest),
  ]);
  const some = found.find(([, list]) => list.length > 0)?.[1][0];
  const [made] = of(changes, "create");
  const deletes = of(changes, "delete");
  const deleted = deletes.some(({ outcome }) => outcome === "done");
  const must = made?.outcome === "done" && deletes.every(({ outcome }) => outcome === "failed");
  if (deleted || made === undefined || made.outcome === "failed") {
    if (!some) return [];
    const why = deleted ? "it was deleted" : "its creation failed";
    return [violation("came back", `${why}, and it is there on ${some.host}`)];
  }
  const without = found.filter(([, list]) => list.length === 0).map(([host]) => host);
  if (without.length === found.length)
    return must ? [violation("guest lost", "no host knows of it any more")] : [];
  const violations: Violation[] = [];
  if (without.length > 0) violations.push(violation("lists differ", `${without.join(", ")} do not list it`));
  for (const [host, list] of found)
    if (list.length > 1) violations.push(violation("is there twice", `${host} lists ${list.length} of it`));
  const said = new Set(found.flatMap(([, list]) => list.map((one) => JSON.stringify(one))));
  if (said.size > 1) violations.push(violation("lists differ", [...said].join(" and ")));
  if (must && !end.alive.includes(guest))
    violations.push(violation("guest lost", `it is ${some!.state} on ${some!.host}, and writes nothing`));
  return [...violations, ...values(guest, changes, some!)];
}

function values(guest: string, changes: readonly Change[], found: Listed): Violation[] {
  const violations: Violation[] = [];
  const lost = (words: string) => violations.push({ rule: "change lost", guest, words });
  const sets = possible(of(changes, "set"), ({ value }) => value, "");
  if (!sets.has(found.value)) lost(`its label is '${found.value}', and may be ${[...sets].join(", ")}`);
  for (const { name, outcome } of of(changes, "snapshot")) {
    const there = found.snapshots.includes(name);
    if (outcome === "done" && !there) lost(`its snapshot ${name} is not there`);
    if (outcome === "failed" && there)
      violations.push({ rule: "came back", guest, words: `its snapshot ${name} failed, and is there` });
  }
  const [made] = of(changes, "create");
  // Where the cluster itself may have chosen another host, any is right.
  const free = made?.ha === true || made?.on === undefined;
  const places = possible(of(changes, "move"), ({ to }) => to, made?.on ?? "");
  if (!free && !places.has(found.host))
    lost(`it is on ${found.host}, and may be on ${[...places].join(", ")}`);
  return violations;
}
