/** The OpenAPI 3.1 document, written from the contract. A pure function: the same in, the same out. */
import type { CatalogueEntry, ErrorCode } from "#contract/errors";
import type { Route } from "#contract/routes";
import { parameterNames, parameterSchema } from "./router.ts";

type Json = Record<string, unknown>;

export interface OpenapiInput {
  readonly version: string;
  readonly routes: Readonly<Record<string, Route>>;
  readonly schemas: Readonly<Record<string, object>>;
  readonly catalogue: Readonly<Record<ErrorCode, CatalogueEntry>>;
}

/** Errors that every route can answer with. */
const everywhere = [
  "api.invalid",
  "api.unauthorized",
  "api.host_refused",
  "access.forbidden",
  "access.origin_refused",
  "api.internal",
] as const;

const refTo = (name: string): Json => ({ $ref: `#/components/schemas/${name}` });
const asJson = (schema: Json): Json => ({ "application/json": { schema } });

export function openapi(input: OpenapiInput): Json {
  const paths: Record<string, Json> = {};
  for (const [name, route] of Object.entries(input.routes)) {
    const path = route.path.replace(/:(\w+)/g, "{$1}");
    (paths[path] ??= {})[route.method.toLowerCase()] = operationOf(name, route, input);
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Lodge",
      version: input.version,
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
      description: "Long work answers 202 with an operation to wait for. Errors carry a code and a hint.",
    },
    servers: [{ url: "/" }],
    security: [{ token: [] }, { session: [] }],
    paths,
    components: {
      securitySchemes: {
        token: { type: "http", scheme: "bearer", description: "On TCP. The unix socket needs none." },
        session: {
          type: "apiKey",
          in: "cookie",
          name: "lodge-TAG",
          description: "A browser's; what it changes has to come from Lodge's own page, by its Origin.",
        },
      },
      schemas: { ...input.schemas, Problem: problem },
    },
  };
}

const problem: Json = {
  type: "object",
  required: ["code", "status", "message", "hint", "params"],
  properties: {
    code: { type: "string", examples: ["guest.not_found"] },
    status: { type: "integer" },
    message: { type: "string" },
    hint: { type: "string", description: "What to do next." },
    params: { type: "object", additionalProperties: { type: ["string", "number", "boolean"] } },
    detail: { type: "string" },
  },
};

function operationOf(name: string, route: Route, input: OpenapiInput): Json {
  return {
    operationId: name,
    summary: route.summary,
    tags: [/^[a-z]+/.exec(name)?.[0] ?? name],
    "x-permission": route.permission,
    ...(route.permission === "anyone" ? { security: [] } : {}),
    ...(route.stream ? { "x-websocket": true } : {}),
    parameters: [...pathParameters(route.path), ...queryParameters(route, input.schemas)],
    ...(route.body ? { requestBody: { content: asJson(refTo(route.body)) } } : {}),
    responses: { ...success(route), ...failures(route, input.catalogue) },
  };
}

function pathParameters(path: string): Json[] {
  const { properties } = parameterSchema(path) as { properties: Record<string, object> };
  return parameterNames(path).map((name) => ({ name, in: "path", required: true, schema: properties[name] }));
}

function queryParameters(route: Route, schemas: OpenapiInput["schemas"]): Json[] {
  if (!route.query) return [];
  const schema = schemas[route.query] as { properties: Record<string, object>; required?: string[] };
  return Object.entries(schema.properties).map(([name, property]) => ({
    name,
    in: "query",
    required: schema.required?.includes(name) ?? false,
    schema: property,
  }));
}

function success(route: Route): Json {
  if (route.stream) return { "101": { description: "A WebSocket; its frames are in the guide to the API." } };
  if (route.operation) {
    return { "202": { description: "Work has begun.", content: asJson(refTo("Operation")) } };
  }
  if (route.media) return { "200": { description: route.summary, content: { [route.media]: {} } } };
  const one = refTo(route.returns ?? "Problem");
  const list = {
    type: "object",
    required: ["items"],
    properties: { items: { type: "array", items: one } },
  };
  return { "200": { description: route.summary, content: asJson(route.list ? list : one) } };
}

/** Error answers by status, each naming the codes it can carry. */
function failures(route: Route, catalogue: OpenapiInput["catalogue"]): Json {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of new Set<ErrorCode>([...route.errors, ...everywhere])) {
    const { status } = catalogue[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  const answers = [...byStatus].map(([status, codes]) => [
    String(status),
    {
      description: codes.map((code) => `${code}: ${catalogue[code].message}`).join("\n\n"),
      content: { "application/problem+json": { schema: refTo("Problem") } },
    },
  ]);
  return Object.fromEntries(answers) as Json;
}
