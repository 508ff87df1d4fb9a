/**
 * Says in the log of events what is told by records alone: that a guest runs or stands still, that there is an image or
 * no more, that long work has failed. Whoever has only the log (webhooks, say) misses nothing of it.
 *
 * A daemon that is killed between a record's change and its line says nothing of that change. Each host of a cluster
 * tells of what is on it.
 */
import type { Schemas } from "#contract/schemas";
import { hasEnded } from "#contract/operation";
import { operationOwner } from "#durable/operation/record";
import type { EventLog } from "../host/events.ts";
import type { Turn } from "./collection.ts";
import type { RecordKind, Views } from "./views.ts";

type State = Schemas["Guest"]["state"];

/** The other states are told by what brings a guest there, with why. */
const told: Readonly<Partial<Record<State, string>>> = { running: "runs", paused: "is paused" };

/** From when the views are open, until the function that it returns is called. */
export function tellHappenings(views: Views, events: Pick<EventLog, "append">): () => void {
  const here = <T extends { readonly id: string }>(kind: RecordKind, all: Iterable<T>): T[] =>
    [...all].filter(({ id }) => views.isHere(kind, id));
  const states = new Map(here("guest", views.guests.values()).map(({ id, state }) => [id, state]));
  const images = new Map(here("image", views.images.values()).map((image) => [image.id, image]));
  const ended = new Set([...views.operations.values()].filter(hasEnded).map(({ id }) => id));

  function guest(id: string): void {
    const now = views.isHere("guest", id) ? views.guests.get(id) : undefined;
    const before = states.get(id);
    if (now) states.set(id, now.state);
    else states.delete(id);
    const words = now && now.state !== before ? told[now.state] : undefined;
    if (now && words !== undefined)
      events.append({ kind: `guest.${now.state}`, guest: now, message: `${now.name} ${words}` });
  }

  function image(id: string): void {
    const now = views.isHere("image", id) ? views.images.get(id) : undefined;
    const before = images.get(id);
    if (now) images.set(id, now);
    else images.delete(id);
    if (now && before === undefined)
      events.append({ kind: "image.made", project: now.project, message: `There is an image ${now.name}` });
    if (!now && before !== undefined)
      events.append({
        kind: "image.removed",
        project: before.project,
        message: `The image ${before.name} was removed`,
      });
  }

  function operation(id: string): void {
    const now = views.isHere("operation", id) ? views.operations.get(id) : undefined;
    if (!now) return void ended.delete(id);
    if (!hasEnded(now) || ended.has(id)) return;
    ended.add(id);
    if (now.status !== "failed") return;
    const target = now.targets.find((one) => one.startsWith("guest:"))?.slice("guest:".length);
    const about = target === undefined ? undefined : views.guests.get(target);
    const { project } = operationOwner(now);
    events.append({
      kind: "operation.failed",
      message: `${now.kind} failed: ${now.error?.message ?? "nobody knows why"} (${id})`,
      ...(project === undefined ? {} : { project }),
      ...(about ? { guest: about } : {}),
    });
  }

  const turned: Readonly<Record<RecordKind, (id: string) => void>> = {
    guest,
    image,
    operation,
    // What becomes of a snapshot is told by its operation; recordings tell of themselves.
    snapshot: () => undefined,
    recording: () => undefined,
  };
  return views.listen({
    turned: (kind: RecordKind, { id }: Turn) => turned[kind](id),
    stirred: () => undefined,
  });
}
