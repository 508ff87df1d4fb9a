/**
 * Who may reach what: asked of every request before its handler, once it is known what it is about.
 *
 *   the route ──► what is it about? ──► whose is that? ──► decide() ──► the handler, with ids and no names
 *
 * A handler cannot forget it: what names an object in the path, and the route's subject, reaches the handler as
 * the id of one that the caller may reach, and lists get his sight, without which they cannot be asked for.
 */
import { usualProject, type Owner, type Permission, type Place } from "#contract/access";
import { LodgeError, type ErrorCode } from "#contract/errors";
import { ownedNounOf, takesProject, type OwnedNoun, type Route } from "#contract/route";
import { accountOf, type Actor } from "#domain/access/actor";
import { Sight } from "#domain/access/sight";
import { refusal } from "./guard.ts";
import type { ObjectService, Reachable } from "./services.ts";

type Fields = Readonly<Record<string, unknown>>;

export interface Asking {
  readonly actor: Actor | undefined;
  /** What the actor has to be allowed: with a ticket nothing. */
  readonly needed: Permission;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Fields;
  readonly body: Fields;
}

/** What a handler gets, and what holds as long as a stream is open. */
export interface Reached {
  readonly params: Readonly<Record<string, string>>;
  readonly query: Fields;
  readonly body: Fields;
  /** The project that the request is about. */
  readonly project: string;
  /** Whose it is, for those who may read what was done; undefined: the host's. */
  readonly owner: string | undefined;
  readonly place: Place;
  /** The object of a project that it is about. */
  readonly about?: { readonly noun: OwnedNoun; readonly id: string };
  readonly sight: Sight;
  /** Id of the host that has it, where that is another one. */
  readonly host?: string;
}

interface Subject {
  readonly noun: OwnedNoun;
  readonly ref: string;
  readonly into: "params" | "query" | "body";
  readonly field: string;
}

function subjectOf(route: Route, { params, query, body }: Asking): Subject | undefined {
  const noun = ownedNounOf(route);
  if (noun !== undefined) return { noun, ref: params[noun] ?? "", into: "params", field: noun };
  if (!route.subject) return undefined;
  const { part, field } = route.subject;
  const ref = (part === "body" ? body : query)[field];
  return typeof ref === "string" ? { noun: route.subject.noun, ref, into: part, field } : undefined;
}

function notFound(noun: OwnedNoun, ref: string): LodgeError {
  if (noun === "desktopPool") return new LodgeError("desktop_pool.not_found", { pool: ref });
  return new LodgeError(`${noun}.not_found` as ErrorCode, { [noun]: ref });
}

/**
 * @throws LodgeError the noun's not_found, also where the object is there and hidden; access.forbidden,
 *   api.unauthorized, project.not_found
 */
export async function reach(objects: ObjectService, route: Route, asking: Asking): Promise<Reached> {
  const { actor, needed } = asking;
  const reached = await reachPlace(objects, route, asking);
  if (route.host) require(refusal(actor, needed, {}));
  requireHostFields(route, asking);
  return reached;
}

async function reachPlace(objects: ObjectService, route: Route, asking: Asking): Promise<Reached> {
  const { actor, needed, params, body } = asking;
  const { project: named, ...others } = asking.query as Fields & { readonly project?: string };
  const [chosen, query] = takesProject(route) ? [named, others] : [undefined, asking.query];
  const project = chosen ?? usualProject(actor);
  const all = { params, query, body, project, sight: new Sight(actor, needed, chosen) };
  const subject = subjectOf(route, asking);
  if (subject) {
    const { id, owner, host } = await reachSubject(objects, asking, subject, project);
    const { into, field, noun } = subject;
    const given = {
      ...all,
      about: { noun, id },
      [into]: { ...all[into], [field]: id },
      ...(host === undefined ? {} : { host }),
    };
    return { ...given, project: owner.project ?? project, owner: owner.project, place: owner };
  }
  switch (route.scope) {
    case "list":
      require(refusal(actor, needed, "list"));
      if (chosen !== undefined) await requireProject(objects, actor, "viewer", chosen);
      return { ...all, owner: chosen, place: "list" };
    case "project":
      return { ...all, owner: project, place: await requireProject(objects, actor, needed, project) };
    default:
      require(refusal(actor, needed, {}));
      return { ...all, owner: undefined, place: {} };
  }
}

async function reachSubject(
  objects: ObjectService,
  { actor, needed }: Asking,
  { noun, ref }: Subject,
  project: string,
): Promise<Reachable> {
  const found = await objects.find(noun, ref, project);
  if (found) {
    require(refusal(actor, needed, found.owner, () => notFound(noun, ref)));
    // What somebody does with what is his own is nobody else's.
    if (needed === "self" && found.user !== undefined && actor && found.user !== accountOf(actor))
      throw notFound(noun, ref);
    return found;
  }
  // Of whoever shows a ticket, that is looked at first: it says nothing of what there is.
  if (needed === "anyone") return { id: ref, owner: {} };
  throw notFound(noun, ref);
}

async function requireProject(
  objects: ObjectService,
  actor: Actor | undefined,
  needed: Permission,
  project: string,
): Promise<Owner> {
  const missing = () => notFound("project", project);
  const found = await objects.find("project", project, project);
  if (!found) throw missing();
  require(refusal(actor, needed, found.owner, missing));
  return found.owner;
}

function require(refused: LodgeError | undefined): void {
  if (refused) throw refused;
}

/** Does a field's value ask for more than is a project's? A path on the host does. */
const asksForHost = (value: unknown): boolean =>
  value === true || (typeof value === "string" && value.startsWith("/"));

function requireHostFields({ hostFields = {}, hostValues = {} }: Route, { actor, body }: Asking): void {
  for (const [field, { needs, values }] of Object.entries(hostValues)) {
    const value = body[field];
    if (value !== undefined && (!values || values.includes(String(value))))
      require(refusal(actor, needs, {}));
  }
  for (const [field, needed] of Object.entries(hostFields))
    if (asksForHost(body[field])) require(refusal(actor, needed, {}));
}
