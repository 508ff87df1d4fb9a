/** What a schema takes, and what it nearly takes, for property tests. */
import fc from "fast-check";

type Schema = Readonly<Record<string, unknown>>;

/** Values of fields by name, where most would not get far: names of what there is, and of what must not be used. */
export type Known = Readonly<Record<string, fc.Arbitrary<unknown>>>;

const junk: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(null, true, 0, -1, 1e308, "", "../..", "a\u0000b", "💥", [], {}, "%2e%2e"),
  fc.jsonValue({ maxDepth: 2 }),
);

const text = (schema: Schema): fc.Arbitrary<unknown> => {
  const {
    pattern,
    format,
    maxLength = 40,
  } = schema as { pattern?: string; format?: string; maxLength?: number };
  const free = fc.string({ maxLength: Math.min(maxLength, 40), unit: "binary" });
  if (format === "date-time")
    return fc.oneof(
      fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
      free,
    );
  if (format === "uuid") return fc.uuid();
  if (pattern === undefined) return fc.oneof(free, fc.string({ maxLength: 10 }));
  try {
    return fc.oneof(
      { weight: 4, arbitrary: fc.stringMatching(new RegExp(pattern), { size: "small" }) },
      free,
    );
  } catch {
    return free;
  }
};

const number = (schema: Schema): fc.Arbitrary<unknown> => {
  const { minimum = -(2 ** 53), maximum = 2 ** 53 } = schema as { minimum?: number; maximum?: number };
  return fc.oneof(
    fc.constantFrom(minimum, maximum, minimum - 1, maximum + 1, 0),
    fc.integer({ min: Math.ceil(Math.max(minimum, -1e9)), max: Math.floor(Math.min(maximum, 1e9)) }),
  );
};

/** Mostly what the schema takes; now and then not. */
export function arbitraryOf(schema: Schema, known: Known, name = ""): fc.Arbitrary<unknown> {
  if (name in known) return fc.oneof({ weight: 9, arbitrary: known[name]! }, { weight: 1, arbitrary: junk });
  return fc.oneof({ weight: 12, arbitrary: fitting(schema, known, name) }, { weight: 1, arbitrary: junk });
}

function fitting(schema: Schema, known: Known, name: string): fc.Arbitrary<unknown> {
  if ("const" in schema) return fc.constant(schema["const"]);
  const { anyOf, type, items } = schema as { anyOf?: Schema[]; type?: string; items?: Schema };
  if (anyOf) return fc.oneof(...anyOf.map((one) => arbitraryOf(one, known)));
  switch (type) {
    case "object":
      return object(schema, known);
    case "array":
      return fc.array(arbitraryOf(items ?? {}, known, name), { maxLength: 3 });
    case "boolean":
      return fc.boolean();
    case "null":
      return fc.constant(null);
    case "integer":
    case "number":
      return number(schema);
    default:
      return text(schema);
  }
}

function object(schema: Schema, known: Known): fc.Arbitrary<unknown> {
  const { properties = {}, required = [] } = schema as {
    properties?: Record<string, Schema>;
    required?: string[];
  };
  const fields = Object.fromEntries(
    Object.entries(properties).map(([field, property]) => [field, arbitraryOf(property, known, field)]),
  );
  const whole = fc.record(fields, { requiredKeys: required });
  const odd = fc.tuple(whole, fc.string({ maxLength: 5 }), junk).map(([value, key, more]) => ({
    ...value,
    [key]: more,
  }));
  return fc.oneof({ weight: 9, arbitrary: whole }, { weight: 1, arbitrary: odd });
}
