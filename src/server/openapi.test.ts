import assert from "node:assert/strict";
import { test } from "node:test";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { catalogue } from "#contract/errors";
import type { Route } from "#contract/route";
import { routes } from "#contract/routes";
import { schemas } from "#contract/schemas";
import { openapi } from "./openapi.ts";

type Json = Record<string, unknown>;
const document = JSON.parse(JSON.stringify(openapi({ version: "1", routes, schemas, catalogue }))) as Json;
const paths = document["paths"] as Record<string, Record<string, Json>>;
const operations = Object.values(paths).flatMap((path) => Object.values(path));

function refsIn(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  const ref = (value as Json)["$ref"];
  return [...(typeof ref === "string" ? [ref] : []), ...Object.values(value).flatMap(refsIn)];
}

test("every route is in it once, under its name", () => {
  const names = operations.map((operation) => operation["operationId"]);
  // What hosts ask each other is for nobody who reads it.
  const open = Object.entries(routes).filter(([, { permission }]) => (permission as string) !== "peer");
  assert.deepEqual(names.sort(), open.map(([name]) => name).sort());
});

test("every reference leads to a schema", () => {
  const known = Object.keys((document["components"] as Json)["schemas"] as Json);
  const refs = refsIn(document);
  assert.ok(refs.length > 50);
  assert.deepEqual(
    refs.filter((ref) => !known.includes(ref.replace("#/components/schemas/", ""))),
    [],
  );
});

test("what stands in a path is declared, and a query's fields are", () => {
  for (const [path, methods] of Object.entries(paths)) {
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
    for (const operation of Object.values(methods)) {
      const parameters = operation["parameters"] as { name: string; in: string }[];
      assert.deepEqual(
        parameters.filter((one) => one.in === "path").map(({ name }) => name),
        inPath,
      );
    }
  }
  const list = paths["/v1/guests"]?.["get"]?.["parameters"] as { name: string }[];
  assert.deepEqual(
    list.map(({ name }) => name),
    ["label", "state", "name", "image", "limit", "cursor", "project"],
  );
});

test("each error that a route names stands under its status", () => {
  for (const [name, route] of Object.entries(routes) as [string, Route][]) {
    // What hosts ask each other is no part of the API.
    if (route.permission === "peer") continue;
    const operation = operations.find((one) => one["operationId"] === name);
    const responses = operation?.["responses"] as Record<string, { description: string }>;
    for (const code of route.errors) {
      assert.match(responses[catalogue[code].status]?.description ?? "", new RegExp(`\\b${code}: `), name);
    }
  }
});

test("long work answers 202 with an operation, streams 101", () => {
  const responses = (path: string, method: string) => paths[path]?.[method]?.["responses"] as Json;
  assert.deepEqual(refsIn(responses("/v1/guests", "post")["202"]), ["#/components/schemas/Operation"]);
  assert.ok(responses("/v1/guests/{guest}/exec", "get")["101"]);
});

test("everything that is sent and answered has an example that its schema takes", () => {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  ajv.addSchema({ $id: "document", ...document });
  const wrong: string[] = [];
  let checked = 0;
  const check = (where: string, schema: unknown, example: unknown) => {
    checked++;
    if (example === undefined) return wrong.push(`${where}: none`);
    const text = JSON.stringify(schema).replaceAll('"#/components', '"document#/components');
    const valid = ajv.compile(JSON.parse(text) as object);
    if (!valid(example)) wrong.push(`${where}: ${ajv.errorsText(valid.errors)} ${JSON.stringify(example)}`);
    return undefined;
  };
  for (const operation of operations) {
    const name = String(operation["operationId"]);
    const { requestBody, responses, parameters } = operation as {
      requestBody?: { content: Record<string, Json> };
      responses: Record<string, { content?: Record<string, Json> }>;
      parameters: Json[];
    };
    for (const one of parameters)
      if (one["in"] !== "header") check(`${name} ${String(one["name"])}`, one["schema"], one["example"]);
    for (const { content = {} } of [requestBody ?? {}, ...Object.values(responses)])
      for (const { schema, example } of Object.values(content)) if (schema) check(name, schema, example);
  }
  assert.deepEqual(wrong, []);
  assert.ok(checked > 200);
});
