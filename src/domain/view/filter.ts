/** Which objects of a list are wanted. Where nothing is asked for, there is nothing to ask of each. */
import type { Operation } from "#contract/operation";
import type { Schemas } from "#contract/schemas";

type Where<T> = ((shown: T) => boolean) | undefined;
type Without<T> = Omit<T, "limit" | "cursor">;

/** All of them, of those that are there. */
function every<T>(tests: readonly Where<T>[]): Where<T> {
  const some = tests.filter((test) => test !== undefined);
  return some.length === 0 ? undefined : (shown) => some.every((test) => test(shown));
}

function labelled(label: string | undefined): Where<{ readonly labels: Readonly<Record<string, string>> }> {
  if (label === undefined) return undefined;
  const at = label.indexOf("=");
  if (at < 0) return ({ labels }) => Object.hasOwn(labels, label);
  const [key, value] = [label.slice(0, at), label.slice(at + 1)];
  return ({ labels }) => Object.hasOwn(labels, key) && labels[key] === value;
}

const named = (part: string | undefined): Where<{ readonly name: string }> =>
  part === undefined ? undefined : ({ name }) => name.includes(part);

export const guestFilter = ({
  label,
  state,
  name,
  image,
}: Without<Schemas["GuestQuery"]>): Where<Schemas["Guest"]> =>
  every<Schemas["Guest"]>([
    labelled(label),
    named(name),
    state === undefined ? undefined : (guest) => guest.state === state,
    image === undefined ? undefined : ({ origin }) => origin.image === image,
  ]);

export const imageFilter = ({ label, name, kind }: Without<Schemas["ImageQuery"]>): Where<Schemas["Image"]> =>
  every<Schemas["Image"]>([
    labelled(label),
    named(name),
    kind === undefined ? undefined : (image) => image.kind === kind,
  ]);

export const operationFilter = ({
  target,
  status,
  kind,
}: Without<Schemas["OperationQuery"]>): Where<Operation> =>
  every<Operation>([
    target === undefined ? undefined : ({ targets }) => targets.includes(target),
    status === undefined ? undefined : (operation) => operation.status === status,
    kind === undefined ? undefined : (operation) => operation.kind === kind,
  ]);
