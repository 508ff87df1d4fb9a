/** Does every route, whatever it is asked, answer in time, without a bug, and with errors that it documents? */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { request } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import fc from "fast-check";
import { WebSocket } from "ws";
import { catalogue, type Problem } from "#contract/errors";
import type { Route } from "#contract/route";
import { routes, type RouteName } from "#contract/routes";
import { schemas } from "#contract/schemas";
import { errorsOf } from "#server/openapi";
import { arbitraryOf, type Known } from "../fakes/arbitrary-of-schema.ts";
import { FakedDaemon } from "../fakes/faked-daemon.ts";
import { guestRecords } from "../fakes/guest-records.ts";

/** Requests to each route. */
const runs = Number(process.env["LODGE_FUZZ_RUNS"] ?? 30);
/** Milliseconds for an answer. Nothing here has a reason to take that long. */
const patience = 15_000;

interface Asked {
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, unknown>>;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;
}

interface Answered {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

/** What there is, and nothing that would build an image for real or ask the network. */
const known: Known = {
  image: fc.constantFrom("tiny", "nothing", "i0000000000"),
  guest: fc.constantFrom("guest-00000", "guest-00001", "made", "nobody"),
  iso: fc.constantFrom("nothing", "/nothing.iso"),
  recipe: fc.constantFrom("nothing", "..", "a/b"),
  url: fc.constantFrom("http://127.0.0.1:1/a.qcow2", "ftp://x", "file:///etc/passwd", "nonsense"),
  path: fc.constantFrom("/nothing", "/etc/hostname", "/tmp", "relative", "/dev/null"),
  memory: fc.constantFrom(16_777_216, 16_777_217, 2 ** 50, 1),
  size: fc.constantFrom(1_048_576, 1_073_741_824, 2 ** 60, 0),
  cpus: fc.constantFrom(1, 2, 255, 0),
  seconds: fc.constantFrom(0, 0.1, -1, 1e9, "x"),
  network: fc.constantFrom("default", "user", "nothing"),
  timeout: fc.constantFrom(1, 2, 0, 1e9),
  count: fc.constantFrom(1, 2, 0, 101),
  disk: fc.constantFrom("disk0", "disk1", "disk99"),
};

const name = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom("guest-00000", "guest-00001", "guest-00002", "made", "tiny", "disk0"),
  },
  { weight: 1, arbitrary: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,20}$/) },
  { weight: 1, arbitrary: fc.string({ minLength: 1, maxLength: 20 }) },
);

const header = fc.oneof(
  { weight: 8, arbitrary: fc.constant({}) },
  { weight: 1, arbitrary: fc.record({ "if-match": fc.constantFrom("*", '"x"', 'W/"x"', "") }) },
  {
    weight: 1,
    arbitrary: fc.record({ "idempotency-key": fc.constantFrom("k1", "k2", "a b", "x".repeat(300)) }),
  },
  { weight: 1, arbitrary: fc.constant({ "content-type": "text/plain" }) },
);

/** Of a route that takes pieces of files. */
const ofBytes = fc.record(
  {
    "content-type": fc.constantFrom("application/offset+octet-stream", "application/json"),
    "upload-offset": fc.constantFrom("0", "5", "-1", "x", "9".repeat(30)),
    "upload-checksum": fc.constantFrom("sha1 AAAA", "sha256", "md5 x"),
    "tus-resumable": fc.constantFrom("1.0.0", "0.2", ""),
  },
  { requiredKeys: ["content-type"] },
);

function asking(route: Route): fc.Arbitrary<Asked> {
  const inPath = [...route.path.matchAll(/:(\w+)/g)].map((match) => match[1] ?? "");
  const of = (part: keyof typeof schemas | undefined): fc.Arbitrary<unknown> =>
    part === undefined
      ? fc.oneof(
          { weight: 8, arbitrary: fc.constant({}) },
          { weight: 1, arbitrary: fc.constant({ more: 1 }) },
        )
      : arbitraryOf(schemas[part] as unknown as Readonly<Record<string, unknown>>, known);
  return fc.record({
    params: fc.record(Object.fromEntries(inPath.map((part) => [part, name]))),
    query: of(route.query).map((query) => (query ?? {}) as Record<string, unknown>),
    body: of(route.body),
    headers: (route.bytes ? ofBytes : header) as fc.Arbitrary<Record<string, string>>,
  });
}

function pathOf(route: Route, { params, query }: Asked): string {
  const path = route.path.replace(/:(\w+)/g, (_, part: string) => encodeURIComponent(params[part] ?? "x"));
  const pairs = Object.entries(query).map(([key, value]) => [
    key,
    typeof value === "string" ? value : (JSON.stringify(value) ?? ""),
  ]);
  return pairs.length === 0 ? path : `${path}?${new URLSearchParams(pairs).toString()}`;
}

describe("whatever is asked", () => {
  let daemon: FakedDaemon;
  before(async () => {
    daemon = await FakedDaemon.start({ records: guestRecords(3) });
    await daemon.image("tiny", "none");
    const body = { image: "tiny", name: "made", memory: 16_777_216 };
    await daemon.client.waitFor(await daemon.client.call("guestCreate", { body }));
  });
  after(() => daemon.close());

  function send(
    method: string,
    path: string,
    body: unknown,
    headers: Record<string, string>,
  ): Promise<Answered> {
    const text = method === "GET" ? undefined : JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const asked = request(
        {
          socketPath: daemon.paths.socket,
          method,
          path,
          signal: AbortSignal.timeout(patience),
          headers: {
            ...(text === undefined
              ? {}
              : { "content-type": "application/json", "content-length": Buffer.byteLength(text) }),
            ...headers,
          },
        },
        (response) => {
          let answer = "";
          response.setEncoding("utf8");
          response.on("data", (some: string) => (answer += some));
          response.on("error", reject);
          response.on("end", () =>
            resolve({
              status: response.statusCode ?? 0,
              type: response.headers["content-type"] ?? "",
              text: answer,
            }),
          );
        },
      );
      asked.on("error", reject);
      asked.end(text);
    });
  }

  function judge(routeName: RouteName, { status, type, text }: Answered): void {
    const isPeers = (routes[routeName] as Route).permission === "peer";
    if (status < 400) return assert.ok(!isPeers, `${routeName} was answered: ${text}`);
    assert.match(type, /^application\/problem\+json/, text);
    const problem = JSON.parse(text) as Problem;
    assert.notEqual(problem.code, "api.internal", text);
    assert.equal(catalogue[problem.code]?.status, status, text);
    const { message, hint } = catalogue[problem.code];
    for (const [, parameter = ""] of `${message} ${hint}`.matchAll(/\{(\w+)\}/g))
      assert.ok(parameter in problem.params, `${problem.code} lacks its parameter ${parameter}: ${text}`);
    // A path that cannot be one of the route's leads to no route.
    if (problem.code === "api.not_found") return;
    if (isPeers) return assert.equal(problem.code, "cluster.peers_only", text);
    const documented = errorsOf(routes[routeName]);
    assert.ok(documented.includes(problem.code), `${routeName} does not document ${problem.code}: ${text}`);
  }

  // The daemon's end, and that it begins anew as another, is not what is tried here; what is refused before it, is.
  const ends = new Set<RouteName>(["hostShutdown", "clusterInit", "clusterJoin", "clusterRestore"]);

  for (const [routeName, route] of Object.entries(routes) as [RouteName, Route][]) {
    it(`of ${routeName}`, async () => {
      await fc.assert(
        fc.asyncProperty(asking(route), async (asked) => {
          const body = ends.has(routeName) ? { guests: "perhaps" } : asked.body;
          judge(routeName, await send(route.method, pathOf(route, asked), body, asked.headers));
        }),
        { numRuns: runs, endOnFailure: true },
      );
    });
  }

  it("of a stream, in whatever frames", async () => {
    const frame = fc.oneof(
      fc.constantFrom(
        '{"type":"exec","argv":["true"]}',
        '{"type":"console"}',
        '{"type":"file","direction":"out","path":"/etc/passwd"}',
        '{"type":"eof"}',
        '{"type":"resize","rows":0,"cols":1}',
        '{"type":"signal","signal":"SIGKILL"}',
        "{",
        "[]",
        "null",
      ),
      fc.jsonValue({ maxDepth: 2 }).map((value) => JSON.stringify(value)),
      fc.uint8Array({ maxLength: 100 }),
    );
    const streams = (Object.entries(routes) as [RouteName, Route][]).filter(([, { stream }]) => stream);
    const place = fc.constantFrom(...streams);
    await fc.assert(
      fc.asyncProperty(
        place,
        fc.array(frame, { maxLength: 5 }),
        name,
        async ([routeName, route], frames, ref) => {
          const path = route.path.replace(/:\w+/g, encodeURIComponent(ref));
          const socket = new WebSocket(`ws://lodge${path}`, {
            createConnection: () => connect(daemon.paths.socket),
          } as ConstructorParameters<typeof WebSocket>[2]);
          const problems: Problem[] = [];
          await new Promise<void>((resolve) => {
            socket.on("error", () => undefined);
            socket.on("close", () => resolve());
            socket.on("message", (data, isBinary) => {
              if (isBinary) return;
              const said = JSON.parse(String(data)) as { type?: string; problem?: Problem };
              if (said.type === "error" && said.problem) problems.push(said.problem);
            });
            socket.on("open", () => {
              for (const one of frames) socket.send(one);
              socket.close();
            });
          });
          const documented = errorsOf(route);
          for (const { code } of problems) {
            assert.notEqual(code, "api.internal");
            assert.ok(documented.includes(code), `${routeName} does not document ${code}`);
          }
        },
      ),
      { numRuns: runs * 5, endOnFailure: true },
    );
  });

  it("of the connection itself, in whatever bytes", async () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc
        .tuple(
          fc.constantFrom("GET", "POST", "PATCH", "BREW", "get"),
          fc.string({ maxLength: 30 }),
          fc.constantFrom(
            "Host: x\r\nContent-Length: -1",
            "Host: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked",
            "Content-Length: 99999999999",
            "Host: x\r\nUpgrade: websocket\r\nConnection: Upgrade",
            "Host: x\r\nAccept: text/event-stream",
          ),
        )
        .map(([method, path, head]) => `${method} /v1/${path} HTTP/1.1\r\n${head}\r\n\r\n{}`),
    );
    await fc.assert(
      fc.asyncProperty(bytes, async (given) => {
        await new Promise<void>((resolve) => {
          const socket = connect(daemon.paths.socket, () => socket.end(given));
          socket.on("error", () => undefined);
          socket.on("close", () => resolve());
          socket.resume();
          setTimeout(() => socket.destroy(), 200).unref();
        });
      }),
      { numRuns: runs * 2, endOnFailure: true },
    );
  });

  it("leaves a daemon that answers, and no bug in its log", async () => {
    // Whether any guest is left is chance.
    assert.ok(Array.isArray(await daemon.client.call("guestList")));
    const log = readFileSync(join(daemon.paths.logs, "lodged.log"), "utf8");
    const bugs = log.split("\n").filter((line) => line.includes('"msg":"bug"'));
    assert.deepEqual(bugs.slice(0, 3), []);
  });
});
