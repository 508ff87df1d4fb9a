/** The OpenAPI 3.1 document, written from the contract. A pure function: the same in, the same out. */
import { LodgeError, type ErrorCode } from "#contract/errors";
import type { CatalogueEntry } from "#contract/errors/entry";
import type { Route } from "#contract/route";
import { objectRoute, showsObject } from "./etag.ts";
import { exampleOf, exampleParameter } from "./example.ts";
import { parameterNames, parameterSchema, querySchema } from "./router.ts";

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
  "store.secret_unreadable",
  "api.internal",
] as const;

/** Of requests that bear a body or one of the headers for changes. */
const inChanges = ["api.too_large", "api.media_type", "api.changed", "api.key_reused"] as const;

function applies(code: (typeof inChanges)[number], { method, path }: Route): boolean {
  if (code === "api.changed") return objectRoute(path) !== undefined;
  return code !== "api.key_reused" || method === "POST";
}

/** With all that its words name. */
function problemExample(code: ErrorCode, catalogue: OpenapiInput["catalogue"]): unknown {
  const { message, hint } = catalogue[code];
  const names = [...`${message} ${hint}`.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? "");
  return new LodgeError(
    code,
    Object.fromEntries(names.map((name) => [name, exampleParameter(name)])),
  ).toProblem();
}

const refTo = (name: string): Json => ({ $ref: `#/components/schemas/${name}` });
const asJson = (schema: Json, example: unknown): Json => ({ "application/json": { schema, example } });

export function openapi(input: OpenapiInput): Json {
  const paths: Record<string, Json> = {};
  for (const [name, route] of Object.entries(input.routes)) {
    // Nobody who reads this can ask it.
    if (route.permission === "peer") continue;
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
    parameters: [...pathParameters(route.path), ...queryParameters(route), ...headerParameters(route)],
    ...(route.permission === "anyone" ? { security: [] } : {}),
    ...(route.bytes ? { requestBody: { content: { "application/offset+octet-stream": {} } } } : {}),
    ...(route.body
      ? { requestBody: { content: asJson(refTo(route.body), exampleFor(route.body, input)) } }
      : {}),
    responses: { ...success(route, input), ...failures(route, input.catalogue) },
  };
}

const exampleFor = (name: string, { schemas }: OpenapiInput): unknown =>
  examples[name] ?? exampleOf(schemas[name] as Json);

/** Of what its schema does not say in full. */
const examples: Readonly<Record<string, unknown>> = {
  Operation: {
    id: "o0123456789",
    kind: "guest.create",
    targets: ["guest:g0123456789"],
    status: "running",
    step: "launch",
    stepsDone: ["prepare"],
    stepCount: 3,
    progress: { message: "starting QEMU", fraction: 0.4 },
    cancellable: true,
    sequence: 4,
    startedAt: "2026-01-02T03:04:05.000Z",
  },
};

function pathParameters(path: string): Json[] {
  const { properties } = parameterSchema(path) as { properties: Record<string, object> };
  return parameterNames(path).map((name) => ({
    name,
    in: "path",
    required: true,
    schema: properties[name],
    example: exampleParameter(name),
  }));
}

const header = (name: string, description: string): Json => ({
  name,
  in: "header",
  required: false,
  description,
  schema: { type: "string" },
});

function headerParameters(route: Route): Json[] {
  const { method, path, permission } = route;
  if (method === "GET")
    return showsObject(route) ? [header("If-None-Match", "An ETag: 304 where it is still that.")] : [];
  return [
    ...(route.bytes
      ? [
          {
            ...header("Upload-Offset", "Where in the file it begins: where the upload stands."),
            required: true,
          },
          header("Upload-Checksum", "sha1 or sha256 and, behind a blank, the piece's digest in base64."),
        ]
      : []),
    ...(method === "POST" && permission !== "anyone"
      ? [header("Idempotency-Key", "It is done once, however often it is sent with this key within a day.")]
      : []),
    ...(objectRoute(path) ? [header("If-Match", "An ETag: 412 where it is another by now.")] : []),
  ];
}

function queryParameters(route: Route): Json[] {
  const schema = querySchema(route) as { properties: Record<string, object>; required?: string[] };
  return Object.entries(schema.properties).map(([name, property]) => ({
    name,
    in: "query",
    required: schema.required?.includes(name) ?? false,
    schema: property,
    example: exampleOf(property as Json, name),
  }));
}

function success(route: Route, input: OpenapiInput): Json {
  if (route.stream) return streamed(route);
  if (route.operation) {
    const content = asJson(refTo("Operation"), exampleFor("Operation", input));
    return { "202": { description: "Work has begun.", content } };
  }
  if (route.media) return { "200": { description: route.summary, content: { [route.media]: {} } } };
  const name = route.returns ?? "Problem";
  const one = refTo(name);
  const example = exampleFor(name, input);
  if (!route.list) return { "200": { description: route.summary, content: asJson(one, example) } };
  const list = {
    type: "object",
    required: ["items", ...(route.paged ? ["at"] : [])],
    properties: {
      items: { type: "array", items: one },
      ...(route.paged
        ? {
            next: { type: "string", description: "The next page's cursor, where there is one." },
            at: { type: "string", description: "Where to follow events from after this list." },
          }
        : {}),
      ...(route.spread
        ? {
            unanswered: {
              type: "array",
              items: { type: "string" },
              description: "In a cluster: hosts that did not say what they have, by name.",
            },
          }
        : {}),
    },
  };
  const around = route.paged ? { at: exampleParameter("from") } : {};
  return { "200": { description: route.summary, content: asJson(list, { items: [example], ...around }) } };
}

function streamed({ sse, summary }: Route): Json {
  return {
    "101": { description: "A WebSocket; its frames are in the guide to the API." },
    ...(sse
      ? { "200": { description: `${summary}, as server-sent events.`, content: { "text/event-stream": {} } } }
      : {}),
  };
}

/** Every error that a route can answer with. */
export function errorsOf(route: Route): ErrorCode[] {
  const more = route.method === "GET" ? [] : inChanges.filter((code) => applies(code, route));
  const upgrade = route.stream ? (["api.upgrade_required", "api.too_many_streams"] as const) : [];
  const named = route.scope === undefined ? [] : (["project.not_found"] as const);
  return [...new Set<ErrorCode>([...route.errors, ...everywhere, ...named, ...more, ...upgrade])];
}

/** Error answers by status, each naming the codes it can carry. */
function failures(route: Route, catalogue: OpenapiInput["catalogue"]): Json {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of errorsOf(route)) {
    const { status } = catalogue[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  const answers = [...byStatus].map(([status, codes]) => [
    String(status),
    {
      description: codes.map((code) => `${code}: ${catalogue[code].message}`).join("\n\n"),
      content: {
        "application/problem+json": {
          schema: refTo("Problem"),
          example: problemExample(codes[0]!, catalogue),
        },
      },
    },
  ]);
  return Object.fromEntries(answers) as Json;
}
