import assert from "node:assert/strict";
import { test } from "node:test";
import { Type as TypeBox } from "typebox";
import { Type } from "./type.ts";

/** The same schema, built by either. */
const built = (T: typeof Type) =>
  T.Object(
    {
      text: T.String({ pattern: "^a$", description: "an a" }),
      count: T.Optional(T.Integer({ minimum: 1, default: 2 })),
      ratio: T.Number(),
      flag: T.Optional(T.Boolean()),
      choice: T.Union([T.Literal("one"), T.Literal(2), T.Literal(true), T.Null()], { default: "one" }),
      labels: T.Record(T.String({ pattern: "^[a-z]+$" }), T.String(), { additionalProperties: false }),
      list: T.Array(T.Object({ inner: T.Optional(T.String()) }), { maxItems: 3 }),
      nothing: T.Object({}),
      any: T.Unsafe<Date>(T.Object({ a: T.Null() })),
    },
    { additionalProperties: false },
  );

test("it builds what TypeBox builds", () => {
  assert.deepEqual(JSON.parse(JSON.stringify(built(Type))), JSON.parse(JSON.stringify(built(TypeBox))));
});

test("a field's schema that is used twice is optional only where it is said", () => {
  const field = Type.String();
  const schema: { required?: string[] } = Type.Object({ a: Type.Optional(field), b: field });
  assert.deepEqual(schema.required, ["b"]);
});
