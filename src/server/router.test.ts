import assert from "node:assert/strict";
import { request as httpRequest } from "node:http";
import { after, before, test } from "node:test";
import fc from "fast-check";
import { catalogue, type ErrorCode } from "#contract/errors";
import type { Route } from "#contract/route";
import { routes } from "#contract/routes";
import { schemas } from "#contract/schemas";
import { startFakeDaemon, type FakeDaemon } from "../../test/fakes/fake-daemon.ts";
import { parameterSchema } from "./router.ts";

let daemon: FakeDaemon;
before(async () => {
  daemon = await startFakeDaemon();
});
after(() => daemon.close());

const all = Object.values(routes) as Route[];

/** What any route may answer besides its own errors. */
const everywhere: ErrorCode[] = ["api.invalid", "api.not_found", "api.media_type", "api.upgrade_required"];

interface Reply {
  readonly status: number;
  readonly text: string;
}

function ask(method: string, path: string, body: string | undefined, type: string): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const length = Buffer.byteLength(body ?? "");
    const headers = body === undefined ? {} : { "content-type": type, "content-length": length };
    const options = { socketPath: daemon.socketPath, method, path, headers, agent: false };
    const request = httpRequest(options, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
    });
    request.on("error", reject);
    request.end(body);
  });
}

/** Is this answer one that the contract says this route can give? */
function isDocumented(route: Route, { status, text }: Reply): boolean {
  // Whatever it is sent: nothing of it is looked at.
  if (route.permission === "peer") return JSON.parse(text).code === "cluster.peers_only";
  if (status < 400) return status === (route.operation ? 202 : 200);
  const { code } = JSON.parse(text) as { code: ErrorCode };
  return catalogue[code].status === status && [...route.errors, ...everywhere].includes(code);
}

/** Names of guests that are there, and anything else. */
const reference = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom("db", "web-1", "nobody", "o0000000000") },
  { weight: 1, arbitrary: fc.string({ unit: "grapheme", maxLength: 40 }) },
);

/** Objects that often have a schema's own fields, with values that often almost fit. */
function almost(schema: object | undefined): fc.Arbitrary<unknown> {
  const fields = Object.keys((schema as { properties?: object } | undefined)?.properties ?? {});
  if (fields.length === 0) return fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 2 });
  const scalar = fc.oneof(
    fc.constantFrom(
      null,
      true,
      "",
      "debian-13",
      "db",
      "1",
      "never",
      0,
      1,
      16_777_216,
      1e308,
      -1,
      "x".repeat(300),
    ),
    fc.jsonValue({ maxDepth: 2 }),
  );
  return fc.dictionary(fc.constantFrom(...fields, "unknown", "__proto__", "constructor"), scalar, {
    maxKeys: 4,
  });
}

const asQuery = (value: unknown): string =>
  Object.entries(value as object)
    .filter(([, field]) => typeof field !== "object")
    .map(
      ([name, field]) =>
        `${encodeURIComponent(name.toWellFormed())}=${encodeURIComponent(String(field).toWellFormed())}`,
    )
    .join("&");

const anyRequest = fc.constantFrom(...all).chain((route) =>
  fc.record({
    route: fc.constant(route),
    ref: reference,
    query: fc.oneof(fc.constant({}), almost(route.query && schemas[route.query])),
    body: fc.oneof(
      fc.constant(undefined),
      almost(route.body && schemas[route.body]).map((value) => JSON.stringify(value)),
      fc.jsonValue().map((value) => JSON.stringify(value)),
      fc.string(),
    ),
    type: fc.constantFrom("application/json", "application/json", "text/plain", "application/xml"),
  }),
);

test("whatever is sent, no route answers with what its contract does not say", async () => {
  await fc.assert(
    fc.asyncProperty(anyRequest, async ({ route, ref, query, body, type }) => {
      if (route.path.endsWith("/wait")) return;
      const path = route.path.replace(/:\w+/, encodeURIComponent(ref.toWellFormed() || "%"));
      const sent = route.method === "GET" ? undefined : body;
      const reply = await ask(route.method, `${path}?${asQuery(query)}`, sent, type);
      assert.ok(
        isDocumented(route, reply),
        `${route.method} ${path}: ${reply.status} ${reply.text.slice(0, 300)}`,
      );
    }),
    { numRuns: 300 },
  );
});

test("every route is reached, and answers as its contract says", async () => {
  for (const route of all) {
    const path = route.path.replace(":operation/wait", "o0000000000/wait?seconds=0").replace(/:\w+/, "db");
    const reply = await ask(route.method, path, undefined, "");
    assert.ok(
      isDocumented(route, reply),
      `${route.method} ${path}: ${reply.status} ${reply.text.slice(0, 300)}`,
    );
  }
});

test("each of a path's parameters is a name or an id", () => {
  const schema = parameterSchema("/v1/guests/:guest/disks/:disk") as { required: string[] };
  assert.deepEqual(schema.required, ["guest", "disk"]);
});
