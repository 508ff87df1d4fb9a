/** Hosts that speak with each other: over real doors, with real certificates. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { after, before, describe, it } from "node:test";
import { hasCode, LodgeError } from "#contract/errors";
import { wire } from "#contract/wire";
import { openSocket } from "#domain/cluster/tunnels";
import { askerHeader, writeAsker } from "#server/asker-header";
import { PeerHosts, type PeerHost } from "../../test/fakes/peer-hosts.ts";
import { answerError } from "./request.ts";

let hosts: PeerHosts;
let one: PeerHost;
let two: PeerHost;
before(async () => {
  hosts = await PeerHosts.make();
  one = await hosts.join("h1111111111", "one");
  two = await hosts.join("h2222222222", "two");
});
after(() => hosts.close());

const coded = (code: string) => (error: unknown) => hasCode(error, code as never);

/** What the other host answers to a request that is handed on. */
async function handOn(
  path: string,
  asker: string | undefined,
): Promise<{ status: number; body: Record<string, unknown> }> {
  const headers = asker === undefined ? {} : { [askerHeader]: asker };
  const outgoing = await one.peers.open(two.id, { method: "GET", path, headers });
  outgoing.end();
  const [response] = (await once(outgoing, "response")) as [import("node:http").IncomingMessage];
  return {
    status: response.statusCode ?? 0,
    body: JSON.parse(await text(response)) as Record<string, unknown>,
  };
}

describe("a call to another host", () => {
  it("is answered, on a connection that is kept", async () => {
    assert.equal((await one.peers.call(two.id, "peerHello")).name, "fake");
    const again = await one.peers.open(two.id, { method: "GET", path: "/v1/peer/hello", headers: {} });
    again.end();
    const [response] = (await once(again, "response")) as [import("node:http").IncomingMessage];
    await text(response);
    assert.ok(again.reusedSocket);
  });

  it("goes on with a renewed certificate of either end", async () => {
    for (const host of [one, two])
      await host.identity.renew(["127.0.0.1"], async (request) => hosts.authority.sign(request).certificate);
    assert.equal((await one.peers.call(two.id, "peerHello")).name, "fake");
  });

  it("fails with the other host's name where nothing is there, nobody answers, or it is none", async () => {
    const silent = createServer();
    silent.listen(0, "127.0.0.1");
    await once(silent, "listening");
    const { port } = silent.address() as import("node:net").AddressInfo;
    hosts.members.set("h3333333333", { id: "h3333333333", name: "three", address: `127.0.0.1:${port}` });
    try {
      await assert.rejects(
        one.peers.call("h3333333333", "peerHello", {}, { patience: 200 }),
        (error) =>
          hasCode(error, "cluster.host_unreachable") &&
          error.params["host"] === "three" &&
          /in time/.test(error.message),
      );
      silent.close();
      hosts.members.set("h3333333333", { id: "h3333333333", name: "three", address: "127.0.0.1:1" });
      await assert.rejects(one.peers.call("h3333333333", "peerHello"), coded("cluster.host_unreachable"));
      await assert.rejects(one.peers.call("h4444444444", "peerHello"), coded("cluster.not_a_member"));
    } finally {
      silent.close();
      hosts.members.delete("h3333333333");
    }
  });

  it("ends with the signal's reason", async () => {
    const reason = new LodgeError("api.client_gone");
    await assert.rejects(
      one.peers.call(two.id, "peerHello", {}, { signal: AbortSignal.abort(reason) }),
      (error) => error === reason,
    );
  });

  it("takes no other host's answer for that of the one that is meant", async () => {
    hosts.members.set("h3333333333", { id: "h3333333333", name: "three", address: two.address });
    await assert.rejects(
      one.peers.call("h3333333333", "peerHello"),
      (error) => hasCode(error, "cluster.host_unreachable") && /another host/.test(error.message),
    );
    hosts.members.delete("h3333333333");
  });

  it("works between adjacent versions of what hosts say to each other, and no others", async () => {
    const older = await hosts.join("h5555555555", "older", wire - 1);
    assert.equal((await older.peers.call(two.id, "peerHello")).name, "fake");
    assert.equal((await one.peers.call(older.id, "peerHello")).name, "fake");
    const newer = hosts.asker(one.identity, wire + 1);
    await assert.rejects(newer.call(older.id, "peerHello"), coded("cluster.wire_mismatch"));
    newer.close();
  });
});

describe("a request that is handed on", () => {
  it("is answered as its asker may, by what the host that answers knows of him", async () => {
    const host = writeAsker({ kind: "host", role: "admin" }, {});
    assert.equal((await handOn("/v1/guests", host)).status, 200);
    const { access } = two.services;
    const viewer = await access.createToken(
      { kind: "host", role: "admin" },
      { name: "looker", role: "viewer" },
    );
    const claimed = { kind: "token", role: "admin", token: { id: viewer.id, name: "looker" } } as const;
    assert.equal((await handOn("/v1/guests", writeAsker(claimed, {}))).status, 200);
    assert.equal((await handOn("/v1/host/logs", writeAsker(claimed, {}))).body["code"], "access.forbidden");
    await access.removeToken({ kind: "host", role: "admin" }, viewer.id);
    assert.equal((await handOn("/v1/guests", writeAsker(claimed, {}))).body["code"], "api.unauthorized");
  });

  it("of nobody is answered where nobody may ask", async () => {
    assert.equal((await handOn("/v1/session/options", writeAsker(undefined, {}))).status, 200);
    assert.equal((await handOn("/v1/guests", writeAsker(undefined, {}))).body["code"], "api.unauthorized");
  });
});

/** Has tunnels of a kind lead to a unix socket; the connection that comes there. */
async function offerSocket(kind: string): Promise<{ socket: Promise<Socket>; close: () => void }> {
  const server = createServer({ allowHalfOpen: true });
  const path = join(hosts.scratch, `${kind}.sock`);
  server.listen(path);
  await once(server, "listening");
  two.tunnels.offer(kind, async ({ ref, end }, from, signal) => {
    assert.deepEqual([ref, end], [from, "socket"]);
    return openSocket(path, signal);
  });
  const socket = once(server, "connection").then(([connection]) => connection as Socket);
  return { socket, close: () => server.close() };
}

describe("a tunnel", () => {
  it("carries bytes in both directions, and the end of each by itself", async () => {
    const { socket: far, close } = await offerSocket("heard");
    const tunnel = await one.peers.tunnel(two.id, { kind: "heard", ref: one.id, end: "socket" });
    tunnel.end("to there");
    // Else whoever has read it to its end would end the other direction as well.
    assert.equal(await text((await far).iterator({ destroyOnReturn: false })), "to there");
    (await far).end("and back");
    assert.equal(await text(tunnel), "and back");
    (await far).destroy();
    close();
  });

  it("fails with what is wrong at its other end", async () => {
    await assert.rejects(
      one.peers.tunnel(two.id, { kind: "nothing", ref: "r1", end: "socket" }),
      coded("cluster.tunnel_refused"),
    );
    two.tunnels.offer("broken", async () => {
      throw new LodgeError("guest.not_found", { guest: "g1" });
    });
    await assert.rejects(
      one.peers.tunnel(two.id, { kind: "broken", ref: "g1", end: "display" }),
      coded("guest.not_found"),
    );
  });

  it("ends once its host is no member any more", async () => {
    const leaver = await hosts.join("h6666666666", "leaver");
    const { socket: far, close } = await offerSocket("kept");
    const tunnel = await leaver.peers.tunnel(two.id, { kind: "kept", ref: leaver.id, end: "socket" });
    const ended = once((await far).resume(), "end");
    // Cut or ended: nothing more comes.
    const cut = once(tunnel.resume(), "end").catch(() => undefined);
    hosts.remove(leaver.id);
    await Promise.all([cut, ended]);
    tunnel.destroy();
    (await far).destroy();
    close();
    hosts.members.set(leaver.id, leaver);
  });

  it("is an answer's error where the other end answers without one", () => {
    const error = answerError(404, Buffer.from("nothing"), "two");
    assert.ok(hasCode(error, "api.unexpected_answer"));
  });
});
