/** What the feed tells, put into the cache: each object into the lists and the places that show it. */
import type { Query, QueryClient } from "@tanstack/react-query";
import type { Operation } from "#contract/operation";
import type { ObjectKind } from "#contract/schema/feed";
import type { Schemas } from "#contract/schemas";
import type { ReadName } from "./api.ts";
import { isSpread } from "./query.ts";

export interface Objects extends Record<ObjectKind, unknown> {
  readonly guest: Schemas["Guest"];
  readonly snapshot: Schemas["Snapshot"];
  readonly image: Schemas["Image"];
  readonly operation: Operation;
  readonly network: Schemas["Network"];
  readonly firewall: Schemas["Firewall"];
  readonly template: Schemas["Template"];
  readonly project: Schemas["Project"];
  readonly recording: Schemas["Recording"];
  readonly pool: Schemas["Pool"];
  readonly volume: Schemas["Volume"];
  readonly webhook: Schemas["Webhook"];
  readonly host: Schemas["ClusterHost"];
  readonly "desktop-pool": Schemas["DesktopPool"];
  readonly desktop: Schemas["Desktop"];
}

interface Place {
  readonly list: ReadName;
  readonly get?: ReadName;
  /** What names one in the path, where that is not its kind. */
  readonly param?: string;
  /** The newest are shown first, so that is where a new one goes. */
  readonly newestFirst?: true;
}

const places: Readonly<Record<ObjectKind, Place>> = {
  guest: { list: "guestList", get: "guestGet" },
  snapshot: { list: "snapshotList", get: "snapshotGet" },
  image: { list: "imageList", get: "imageGet" },
  operation: { list: "operationList", get: "operationGet", newestFirst: true },
  network: { list: "networkList", get: "networkGet" },
  // One by itself also says what its rules allowed: see stir.ts.
  firewall: { list: "firewallList" },
  template: { list: "templateList", newestFirst: true },
  project: { list: "projectList", get: "projectGet" },
  recording: { list: "recordingList", get: "recordingGet", newestFirst: true },
  pool: { list: "poolList" },
  volume: { list: "volumeList" },
  webhook: { list: "webhookList", get: "webhookGet" },
  host: { list: "clusterHosts" },
  "desktop-pool": { list: "desktopPoolList", get: "desktopPoolGet", param: "desktopPool" },
  desktop: { list: "desktopList", get: "desktopGet" },
};

interface Shown {
  readonly id?: string;
  readonly name?: string;
  readonly project?: string;
  readonly targets?: readonly string[];
  readonly guest?: string;
  readonly pool?: string;
  readonly poolName?: string;
}
export const idOf = ({ id, name }: Shown): string => id ?? name ?? "";

export type Turn =
  | { readonly kind: ObjectKind; readonly id: string; readonly object: Objects[ObjectKind] }
  | { readonly kind: ObjectKind; readonly id: string; readonly object?: undefined };

type Given = Readonly<Record<string, unknown>>;

/** Does a list show the object? Of filters, an operation's target, a recording's guest and a desktop's pool are used; a guest's snapshots are of its id. */
const belongs = (object: Shown, params: Given, { target, guest, pool }: Given): boolean =>
  (typeof pool !== "string" || object.pool === pool || object.poolName === pool) &&
  (typeof target !== "string" || (object.targets?.includes(target) ?? false)) &&
  (typeof guest !== "string" || object.guest === guest) &&
  (typeof params["guest"] !== "string" || object.guest === params["guest"]);

/** Of two tellings of an operation the later counts: an answer may overtake the feed. */
const isOlder = (object: Shown, known: Shown): boolean => {
  const [now, before] = [object, known] as Partial<Operation>[];
  return now?.sequence !== undefined && before?.sequence !== undefined && now.sequence < before.sequence;
};

/** A list after many turns, in one pass: a thousand changes a second are a thousand steps, not a million. */
export function turned<T extends Shown>(
  items: readonly T[],
  turns: ReadonlyMap<string, T | undefined>,
  newestFirst = false,
): readonly T[] {
  const fresh = new Map(turns);
  const kept: T[] = [];
  for (const item of items) {
    const id = idOf(item);
    const turn = fresh.get(id);
    if (!fresh.has(id)) kept.push(item);
    else if (turn !== undefined) kept.push(isOlder(turn, item) ? item : turn);
    fresh.delete(id);
  }
  const added = [...fresh.values()].filter((item) => item !== undefined);
  return newestFirst ? [...added.toReversed(), ...kept] : [...kept, ...added];
}

/** The last turn of each object of a kind; undefined: it was removed. */
interface Turns {
  readonly kind: ObjectKind;
  readonly last: ReadonlyMap<string, Shown | undefined>;
}

/** Puts the last turn of each object into everything that shows it. */
export function applyTurns(queries: QueryClient, turns: readonly Turn[]): void {
  for (const [kind, some] of Map.groupBy(turns, (turn) => turn.kind)) {
    const last = new Map<string, Shown | undefined>(some.map(({ id, object }) => [id, object]));
    const { list, get } = places[kind];
    for (const name of get ? [list, get] : [list])
      for (const query of queries.getQueryCache().findAll({ queryKey: [name] })) {
        if (query.state.fetchStatus !== "idle") keepEarly(query, { kind, last });
        applyTo(queries, query, { kind, last });
      }
  }
}

/** A list of what each host of a cluster has its own part of: the feed tells of one host's, so it is asked for again (stir.ts). */
export const isOfHosts = ({ queryKey, state }: Query): boolean =>
  isSpread(queryKey[0]) &&
  Array.isArray(state.data) &&
  (state.data as readonly { readonly host?: string }[]).some(({ host }) => host !== undefined);

function applyTo(queries: QueryClient, query: Query, turns: Turns): void {
  const { list, newestFirst } = places[turns.kind];
  if (query.queryKey[0] !== list) return applyToOne(queries, query, turns);
  const [params = {}, asked = {}] = query.queryKey.slice(1) as Given[];
  const here = new Map(
    [...turns.last].map(([id, o]) => [id, o && belongs(o, params, asked) ? o : undefined]),
  );
  if (isOfHosts(query)) return;
  queries.setQueryData<readonly Shown[]>(
    query.queryKey,
    (items) => items && turned(items, here, newestFirst),
  );
}

function applyToOne(queries: QueryClient, query: Query, { kind, last }: Turns): void {
  const { param = kind } = places[kind];
  const asked = (query.queryKey[1] as Readonly<Record<string, string>>)[param] ?? "";
  const known = query.state.data as Shown | undefined;
  // A name is one in its project alone.
  const named = ({ name, project }: Shown) => name === asked && (known?.project ?? project) === project;
  const turn = [...last].find(
    ([id, object]) => id === asked || id === known?.id || (object !== undefined && named(object)),
  );
  if (!turn) return;
  const [, object] = turn;
  if (object === undefined) void queries.invalidateQueries({ queryKey: query.queryKey });
  else if (!known || !isOlder(object, known)) queries.setQueryData(query.queryKey, object);
}

/** What was told while an answer was on its way: that answer may be of before. */
const early = new WeakMap<Query, Turns>();

/** Whose answer, when it comes, is of before a gap: it is asked for again. */
const late = new WeakSet<Query>();

function keepEarly(query: Query, { kind, last }: Turns): void {
  early.set(query, { kind, last: new Map([...(early.get(query)?.last ?? []), ...last]) });
}

/** Puts into each answer that comes what was told meanwhile; until the function that it returns is called. */
export const catchUp = (queries: QueryClient): (() => void) =>
  queries.getQueryCache().subscribe((event) => {
    if (event.type !== "updated") return;
    const { query, action } = event;
    const isAnswer = action.type === "success" && !action.manual;
    if (!isAnswer && action.type !== "fetch") return;
    const turns = early.get(query);
    early.delete(query);
    if (isAnswer && turns) applyTo(queries, query, turns);
    if (isAnswer && late.delete(query)) void queries.invalidateQueries({ queryKey: query.queryKey });
  });

export function putObject<K extends ObjectKind>(queries: QueryClient, kind: K, object: Objects[K]): void {
  applyTurns(queries, [{ kind, id: idOf(object), object }]);
}

/** Events that a page keeps. */
const keptEvents = 500;

/** Puts an event before the others, wherever it belongs. */
export function addEvent(queries: QueryClient, event: Schemas["Event"]): void {
  for (const { queryKey } of queries.getQueryCache().findAll({ queryKey: ["eventList"] })) {
    const { guest } = (queryKey[2] ?? {}) as { readonly guest?: string };
    if (guest !== undefined && guest !== event.guest) continue;
    queries.setQueryData<readonly Schemas["Event"][]>(queryKey, (events) =>
      events && !events.some(({ id }) => id === event.id) ? [event, ...events].slice(0, keptEvents) : events,
    );
  }
}

/** All that the feed keeps fresh is asked for again: what changed meanwhile is not known. */
export function loadAgain(queries: QueryClient): void {
  const fed = new Set<unknown>([
    "eventList",
    // What one may is what one sees, and a gap may be why.
    "sessionGet",
    ...Object.values(places).flatMap(({ list, get }) => [list, get]),
  ]);
  const kept = { predicate: ({ queryKey }: Query) => fed.has(queryKey[0]) };
  for (const query of queries.getQueryCache().findAll(kept)) {
    early.delete(query);
    // What is asked for the first time is not asked for anew as long as that is under way.
    if (query.state.data === undefined && query.state.fetchStatus !== "idle") late.add(query);
  }
  void queries.invalidateQueries(kept);
}
