/** Which objects of a list are wanted. Where nothing is asked for, there is nothing to ask of each. */
import type { Owner } from "#contract/access";
import { hasLabel } from "#contract/label";
import type { Operation } from "#contract/operation";
import type { Schemas } from "#contract/schemas";
import { operationOwner } from "#durable/operation/record";
import type { Sight } from "../access/sight.ts";

type Where<T> = ((shown: T) => boolean) | undefined;
type Without<T> = Omit<T, "limit" | "cursor">;

/** All of them, of those that are there. */
export function every<T>(tests: readonly Where<T>[]): Where<T> {
  const some = tests.filter((test) => test !== undefined);
  return some.length === 0 ? undefined : (shown) => some.every((test) => test(shown));
}

function labelled(label: string | undefined): Where<{ readonly labels: Readonly<Record<string, string>> }> {
  if (label === undefined) return undefined;
  return ({ labels }) => hasLabel(labels, label);
}

const named = (part: string | undefined): Where<{ readonly name: string }> =>
  part === undefined ? undefined : ({ name }) => name.includes(part);

/** What its reader sees; undefined: all. */
const seen = <T>(sight: Sight, owner: (shown: T) => Owner): Where<T> =>
  sight.isWhole ? undefined : (shown) => sight.sees(owner(shown));

export const guestFilter = (
  { label, state, name, image }: Without<Schemas["GuestQuery"]>,
  sight: Sight,
): Where<Schemas["Guest"]> =>
  every<Schemas["Guest"]>([
    seen(sight, ({ project }) => ({ project })),
    labelled(label),
    named(name),
    state === undefined ? undefined : (guest) => guest.state === state,
    image === undefined ? undefined : ({ origin }) => origin.image === image,
  ]);

export const imageFilter = (
  { label, name, kind }: Without<Schemas["ImageQuery"]>,
  sight: Sight,
): Where<Schemas["Image"]> =>
  every<Schemas["Image"]>([
    seen(sight, ({ project, shared }) => ({ project, shared })),
    labelled(label),
    named(name),
    kind === undefined ? undefined : (image) => image.kind === kind,
  ]);

export const operationFilter = (
  { target, status, kind }: Without<Schemas["OperationQuery"]>,
  sight: Sight,
): Where<Operation> =>
  every<Operation>([
    seen(sight, operationOwner),
    target === undefined ? undefined : ({ targets }) => targets.includes(target),
    status === undefined ? undefined : (operation) => operation.status === status,
    kind === undefined ? undefined : (operation) => operation.kind === kind,
  ]);

export const recordingFilter = (guest: string | undefined, sight: Sight): Where<Schemas["Recording"]> =>
  every<Schemas["Recording"]>([
    seen(sight, ({ project }) => ({ project })),
    guest === undefined ? undefined : (one) => one.guest === guest || one.guestName === guest,
  ]);
