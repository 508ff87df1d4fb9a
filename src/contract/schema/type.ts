/**
 * Builds JSON Schemas (2020-12) with TypeBox's types and without its code, which would take 150 ms of the
 * daemon's start and 12 MiB of its memory for the dozen functions that the contract needs. What they build
 * is what TypeBox builds: type.test.ts compares the two.
 */
import type { Type as TypeBox } from "typebox";

export type { Static } from "typebox";

type Schema = Readonly<Record<string, unknown>>;
type Options = Schema | undefined;

type Used =
  | "Array"
  | "Boolean"
  | "Integer"
  | "Literal"
  | "Null"
  | "Number"
  | "Object"
  | "Optional"
  | "Record"
  | "String"
  | "Union"
  | "Unsafe";

/** Schemas of fields that an object may lack. */
const optional = new WeakSet<Schema>();

const simple =
  (type: string) =>
  (options?: Options): Schema => ({ type, ...options });

function object(properties: Readonly<Record<string, Schema>>, options?: Options): Schema {
  const required = Object.keys(properties).filter((name) => !optional.has(properties[name] as Schema));
  return { type: "object", ...(required.length > 0 ? { required } : {}), properties, ...options };
}

function asOptional(schema: Schema): Schema {
  const copy = { ...schema };
  optional.add(copy);
  return copy;
}

const build = {
  Array: (items: Schema, options?: Options): Schema => ({ type: "array", items, ...options }),
  Boolean: simple("boolean"),
  Integer: simple("integer"),
  Literal: (value: string | number | boolean): Schema => ({ type: typeof value, const: value }),
  Null: simple("null"),
  Number: simple("number"),
  Object: object,
  Optional: asOptional,
  Record: (key: { readonly pattern: string }, value: Schema, options?: Options): Schema => ({
    type: "object",
    patternProperties: { [key.pattern]: value },
    ...options,
  }),
  String: simple("string"),
  Union: (anyOf: readonly Schema[], options?: Options): Schema => ({ anyOf, ...options }),
  Unsafe: (schema: Schema): Schema => schema,
} satisfies Record<Used, unknown>;

/** TypeBox's `Type`, as far as it is used here. */
export const Type = build as unknown as Pick<typeof TypeBox, Used>;
