import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, request as httpRequest, type ClientRequest } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { after, before, describe, it } from "node:test";
import { WebSocket } from "ws";
import { asLodgeError, hasCode, LodgeError } from "#contract/errors";
import { createClient, type Client } from "#client/client";
import { startFakeDaemon, until, type FakeDaemon } from "../../test/fakes/fake-daemon.ts";
import { askerHeader, readAsker } from "./asker-header.ts";
import type { PeerDoors, PeerRequest } from "./forward.ts";

/** The host that has all there is, and one that has nothing and knows where it is. */
let there: FakeDaemon;
let here: FakeDaemon;
let client: Client;
let asked: PeerRequest[] = [];
let reachable = true;
let gone = false;

const doors: PeerDoors = {
  name: "here",
  others: () => [
    { id: "h2", name: "there" },
    { id: "h3", name: "asleep" },
  ],
  find(ref) {
    if (ref === "there") return "h2";
    if (ref === "here") return undefined;
    throw new LodgeError("cluster.host_not_found", { host: ref });
  },
  mayBeGone: () => gone,
  async open(host, request): Promise<ClientRequest> {
    asked.push(request);
    const socketPath = host === "h2" && reachable ? there.socketPath : "/nowhere";
    return httpRequest({ socketPath, ...request });
  },
  failure: (host, error) =>
    error instanceof LodgeError
      ? error
      : new LodgeError("cluster.host_unreachable", { host, reason: asLodgeError(error).message }),
};

before(async () => {
  there = await startFakeDaemon();
  here = await startFakeDaemon({ peers: doors });
  const { objects } = here.services;
  const find = objects.find.bind(objects);
  objects.find = async (noun, ref, project) => {
    const found = noun === "guest" ? await there.services.objects.find(noun, ref, project) : undefined;
    return found ? { ...found, host: "h2" } : find(noun, ref, project);
  };
  client = createClient({ socketPath: here.socketPath });
});
after(async () => {
  await here.close();
  await there.close();
});

describe("what is about a guest of another host", () => {
  it("is answered by that one, with who asks", async () => {
    asked = [];
    const guest = await client.call("guestGet", { params: { guest: "db" } });
    assert.equal(guest.name, "db");
    const [{ headers, path, method }] = asked as [PeerRequest];
    assert.deepEqual([method, path], ["GET", "/v1/guests/db"]);
    assert.deepEqual(readAsker(headers[askerHeader] as string).actor, { kind: "host" });
  });

  it("is not waited for where that one may be gone, and its connection stands", async () => {
    const silent = createServer(() => undefined);
    silent.listen(0, "127.0.0.1");
    await once(silent, "listening");
    const open = doors.open;
    const { port } = silent.address() as AddressInfo;
    doors.open = async (_, request) => httpRequest({ host: "127.0.0.1", port, ...request });
    gone = true;
    try {
      const refused = client.call("guestStop", { params: { guest: "db" } });
      await assert.rejects(refused, (error) => hasCode(error, "cluster.host_unreachable"));
    } finally {
      gone = false;
      doors.open = open;
      silent.close();
    }
  });

  it("is not asked with what is this connection's, or could pass for another asker", async () => {
    asked = [];
    const headers = { [askerHeader]: "forged", authorization: "Bearer secret", cookie: "a=b", "x-own": "1" };
    const outgoing = httpRequest({ socketPath: here.socketPath, path: "/v1/guests/db", headers });
    outgoing.end();
    await new Promise<void>((resolve) =>
      outgoing.once("response", (answer) => resolve(void answer.resume())),
    );
    const sent = asked[0]!.headers;
    assert.notEqual(sent[askerHeader], "forged");
    assert.deepEqual(
      [sent["authorization"], sent["cookie"], sent["host"], sent["x-own"]],
      [undefined, undefined, undefined, "1"],
    );
  });

  it("carries a change there, and the error back", async () => {
    const changed = await client.call("guestUpdate", { params: { guest: "db" }, body: { description: "x" } });
    assert.equal(changed.description, "x");
    await assert.rejects(
      client.call("guestStop", { params: { guest: "db" }, body: { timeout: -1 } as never }),
      (error) => hasCode(error, "api.invalid"),
    );
  });

  it("says so where the host does not answer", async () => {
    reachable = false;
    await assert.rejects(client.call("guestGet", { params: { guest: "db" } }), (error) =>
      hasCode(error, "cluster.host_unreachable"),
    );
    reachable = true;
  });

  it("is a stream to there, both ways, that ends with either end", async () => {
    const { ticket } = await client.call("guestDisplayTicket", { params: { guest: "db" }, body: {} });
    const tcp = await here.listenTcp();
    const socket = new WebSocket(`ws://${tcp}/v1/guests/db/display?ticket=${ticket}`, ["binary"]);
    await new Promise((resolve) => socket.once("open", resolve));
    const echo = new Promise<Buffer>((resolve) => socket.once("message", (data: Buffer) => resolve(data)));
    socket.send(Buffer.of(1, 2, 3));
    assert.deepEqual([...(await echo)], [1, 2, 3]);
    assert.equal(there.services.consoles.open, 1);
    socket.terminate();
    await until(() => there.services.consoles.open === 0);
  });

  it("answers a stream that is refused there as a refusal", async () => {
    const socket = new WebSocket("ws://local/v1/guests/db/display", [], {
      createConnection: () => connect(here.socketPath),
    } as never);
    socket.on("error", () => undefined);
    const status = await new Promise((resolve) =>
      socket.once("unexpected-response", (_request, answer) => resolve(answer.statusCode)),
    );
    assert.equal(status, 400);
  });
});

describe("a list of what each host has", () => {
  const list = (headers: Record<string, string> = {}) =>
    new Promise<{ items: { name: string; host?: string }[]; unanswered?: string[] }>((resolve, reject) => {
      const outgoing = httpRequest({ socketPath: here.socketPath, path: "/v1/pools", headers });
      outgoing.once("response", async (answer) => {
        let text = "";
        for await (const piece of answer) text += piece;
        resolve(JSON.parse(text));
      });
      outgoing.once("error", reject);
      outgoing.end();
    });

  it("has that of all who answer, with whose it is, and names the others", async () => {
    const { items, unanswered } = await list();
    assert.deepEqual(new Set(items.map(({ host }) => host)), new Set(["here", "there"]));
    assert.deepEqual(unanswered, ["asleep"]);
  });

  it("is read on page by page, each host's from where it was", async () => {
    const page = (cursor = "") =>
      new Promise<{ items: { id: string; at: string; host: string }[]; next?: string }>((resolve, reject) => {
        const path = `/v1/audit?limit=2${cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`}`;
        httpRequest({ socketPath: here.socketPath, path }, async (answer) => {
          let text = "";
          for await (const piece of answer) text += piece;
          resolve(JSON.parse(text));
        })
          .once("error", reject)
          .end();
      });
    for (const daemon of [there, here, there, here, there])
      await createClient({ socketPath: daemon.socketPath })
        .call("guestUpdate", {
          params: { guest: "web-1" },
          body: { description: "x" },
        })
        .catch(() => undefined);
    const seen: { host: string; id: string; at: string }[] = [];
    for (let cursor: string | undefined = ""; cursor !== undefined;) {
      const { items, next } = await page(cursor);
      assert.ok(items?.length <= 2, JSON.stringify({ items, next }));
      seen.push(...items);
      cursor = next;
    }
    const times = seen.map(({ at }) => at);
    assert.deepEqual(times, times.toSorted().toReversed());
    const names = seen.map(({ host, id }) => `${host} ${id}`);
    assert.equal(new Set(names).size, names.length);
    assert.ok(
      names.some((name) => name.startsWith("here ")) && names.some((name) => name.startsWith("there ")),
    );
  });

  it("is that of one host where it is asked for", async () => {
    const { items, unanswered } = await list({ "lodge-host": "there" });
    assert.ok(items.length > 0 && items.every(({ host }) => host === undefined));
    assert.equal(unanswered, undefined);
  });
});

describe("a request that names its host", () => {
  const listOf = (host: string) =>
    new Promise<number>((resolve, reject) => {
      const headers = { "lodge-host": host };
      const outgoing = httpRequest({ socketPath: here.socketPath, path: "/v1/operations", headers });
      outgoing.once("response", (answer) => {
        answer.resume();
        resolve(answer.statusCode ?? 0);
      });
      outgoing.once("error", reject);
      outgoing.end();
    });

  it("is told of a list what is on that host alone", async () => {
    const told: unknown[] = [];
    const { guests } = here.services;
    guests.list = async (_query, _sight, alone) => {
      told.push(alone);
      return { items: [], at: "" };
    };
    await client.call("guestList", {}, { host: "here" });
    await client.call("guestList");
    assert.deepEqual(told, [true, false]);
  });

  it("goes to that one, stays where it is here, and is refused where there is none", async () => {
    asked = [];
    assert.equal(await listOf("there"), 200);
    assert.equal(asked.length, 1);
    assert.equal(await listOf("here"), 200);
    assert.equal(asked.length, 1);
    assert.equal(await listOf("nowhere"), 404);
  });

  it("says it in its query where it is a stream, which a browser opens without headers", async () => {
    const open = (host: string) =>
      new Promise<number>((resolve, reject) => {
        const path = `/v1/events?kinds=usage&host=${host}`;
        const headers = { accept: "text/event-stream" };
        const outgoing = httpRequest({ socketPath: here.socketPath, path, headers });
        outgoing.once("response", (answer) => {
          answer.destroy();
          resolve(answer.statusCode ?? 0);
        });
        outgoing.once("error", reject);
        outgoing.end();
      });
    asked = [];
    assert.equal(await open("here"), 200);
    assert.equal(asked.length, 0);
    await open("there");
    assert.deepEqual(
      asked.map(({ path }) => path),
      ["/v1/events?kinds=usage&host=there"],
    );
    assert.equal(await open("nowhere"), 404);
  });
});
