/** What somebody may try at the doors of a cluster's hosts: real servers, real certificates. */
import assert from "node:assert/strict";
import { request as plainRequest, type IncomingMessage } from "node:http";
import { request as secureRequest, type RequestOptions } from "node:https";
import { text } from "node:stream/consumers";
import { after, before } from "node:test";
import { hasCode } from "#contract/errors";
import { wire, wireHeader } from "#contract/wire";
import { systemClock } from "#base/clock";
import { Peers } from "#client/peers";
import { ClusterAuthority } from "#domain/cluster/authority";
import { askerHeader, writeAsker } from "#server/asker-header";
import { fakeToken } from "../../fakes/fake-daemon.ts";
import { PeerHosts, type PeerHost } from "../../fakes/peer-hosts.ts";
import { attack } from "../attack.ts";

let hosts: PeerHosts;
let one: PeerHost;
let two: PeerHost;
before(async () => {
  hosts = await PeerHosts.make();
  one = await hosts.join("h1111111111", "one");
  two = await hosts.join("h2222222222", "two");
});
after(() => hosts.close());

interface Answer {
  readonly status: number;
  readonly code: unknown;
}

/** The answer; undefined where the connection was ended without one. */
function answerOf(
  request: typeof secureRequest | typeof plainRequest,
  options: RequestOptions,
): Promise<Answer | undefined> {
  return new Promise((resolve) => {
    const outgoing = request({ agent: false, method: "GET", path: "/v1/peer/hello", ...options });
    const take = async (response: IncomingMessage) => {
      const body = await text(response);
      const { code } = (body.startsWith("{") ? JSON.parse(body) : {}) as { code?: unknown };
      resolve({ status: response.statusCode ?? 0, code });
    };
    outgoing.once("response", (response) => void take(response));
    outgoing.once("upgrade", (response) => resolve({ status: response.statusCode ?? 0, code: undefined }));
    outgoing.once("error", () => resolve(undefined));
    outgoing.end();
  });
}

const [, port] = ["", () => Number(two.address.split(":")[1])];
const headers = { [wireHeader]: String(wire) };
const asHost = writeAsker({ kind: "host", role: "admin" }, {});

/** At the peer door, trusting whoever is there: what is tried is the other direction. */
const knock = (options: RequestOptions) =>
  answerOf(secureRequest, {
    host: "127.0.0.1",
    port: port(),
    rejectUnauthorized: false,
    ...options,
    headers: { ...headers, ...options.headers },
  });
const coded = (code: string) => (error: unknown) => hasCode(error, code as never);

attack("whoever has no certificate, at the door of hosts", async () => {
  for (const path of ["/v1/peer/hello", "/v1/guests", "/v1/session/options", "/", "/metrics", "/nowhere"])
    assert.deepEqual(await knock({ path }), { status: 403, code: "cluster.peers_only" }, path);
});

attack("whoever has a certificate of another cluster's authority, for the id of a member", async () => {
  const stranger = await hosts.identity(one.id, await ClusterAuthority.make("c1", systemClock));
  const { cert, key } = stranger.current();
  assert.equal(await knock({ cert, key }), undefined);
});

attack("a host with a certificate that has expired", async () => {
  const past = { ...systemClock, now: () => Date.now() - 200 * 86_400_000 };
  const { certificate, key } = hosts.authority.record(new Uint8Array(32));
  const old = ClusterAuthority.open({ certificate, key }, new Uint8Array(32), past);
  const expired = await hosts.identity(one.id, old);
  const { cert, key: own } = expired.current();
  assert.equal(await knock({ cert, key: own }), undefined);
});

attack("a host that was taken out, with its certificate of before", async () => {
  const removed = await hosts.join("h3333333333", "three");
  await removed.peers.call(two.id, "peerHello");
  hosts.remove(removed.id);
  await assert.rejects(removed.peers.call(two.id, "peerHello"), coded("cluster.not_a_member"));
  const tunnel = removed.peers.tunnel(two.id, { kind: "guest", ref: "g1", end: "display" });
  await assert.rejects(tunnel, coded("cluster.not_a_member"));
});

attack("a host that asks for itself what is for users", async () => {
  const { cert, key } = one.identity.current();
  for (const path of ["/v1/guests", "/v1/users", "/v1/session/options", "/", "/metrics", "/nowhere"])
    assert.deepEqual(await knock({ cert, key, path }), { status: 403, code: "cluster.peers_only" }, path);
});

attack("a user with his token, or with the host's own secret, at the door of hosts", async () => {
  const { secret } = await two.services.access.createToken(
    { kind: "host", role: "admin" },
    { name: "own", role: "admin" },
  );
  const { cert, key } = one.identity.current();
  for (const shown of [secret, fakeToken])
    for (const certificate of [{}, { cert, key }])
      for (const path of ["/v1/guests", "/v1/users"]) {
        const authorization = `Bearer ${shown}`;
        const answer = await knock({ ...certificate, path, headers: { authorization } });
        assert.deepEqual(answer, { status: 403, code: "cluster.peers_only" });
      }
});

attack("whoever names an asker at the door of hosts without a certificate", async () => {
  const answer = await knock({ path: "/v1/guests", headers: { [askerHeader]: asHost } });
  assert.deepEqual(answer, { status: 403, code: "cluster.peers_only" });
});

attack("whoever names an asker at another door", async () => {
  const [host = "", tcp = ""] = two.tcp.split(":");
  const named = { host, port: Number(tcp), path: "/v1/guests", headers: { [askerHeader]: asHost } };
  assert.deepEqual(await answerOf(plainRequest, named), { status: 401, code: "api.unauthorized" });
});

attack("a user who asks what only hosts ask each other, by the doors of users", async () => {
  const [host = "", tcp = ""] = two.tcp.split(":");
  const authorization = `Bearer ${fakeToken}`;
  for (const door of [
    { socketPath: two.socketPath },
    { host, port: Number(tcp), headers: { authorization } },
  ])
    assert.deepEqual(await answerOf(plainRequest, door), { status: 403, code: "cluster.peers_only" });
});

attack("a member that asks for a user who is there no more, or for one of its own making", async () => {
  const { cert, key } = one.identity.current();
  const gone = { kind: "token", role: "admin", token: { id: "k0123456789", name: "gone" } } as const;
  const never = {
    kind: "user",
    role: "admin",
    user: { id: "u0123456789", name: "root" },
    session: "s0123456789",
    secondFactor: true,
    expiresAt: Date.now() * 2,
  } as const;
  const made = [
    writeAsker(gone, {}),
    writeAsker(never, {}),
    "",
    "nothing",
    Buffer.from("null").toString("base64"),
  ];
  for (const asker of made) {
    const answer = await knock({ cert, key, path: "/v1/guests", headers: { [askerHeader]: asker } });
    assert.deepEqual(answer, { status: 401, code: "api.unauthorized" }, asker);
  }
});

attack("a member that hands on what only hosts ask, in the name of an admin", async () => {
  const { cert, key } = one.identity.current();
  const answer = await knock({ cert, key, headers: { [askerHeader]: asHost } });
  assert.deepEqual(answer, { status: 403, code: "cluster.peers_only" });
});

attack("a member with a tunnel to what is none of what tunnels lead to", async () => {
  const { cert, key } = one.identity.current();
  two.tunnels.offer("guest", async () => undefined);
  const upgrade = { connection: "Upgrade", upgrade: "lodge-tunnel" };
  for (const path of [
    "/v1/peer/tunnels/guest/g0123456789/display",
    "/v1/peer/tunnels/guest/..%2f..%2frun/lodged.sock",
    "/v1/peer/tunnels/guest/g1/../../lodged",
    "/v1/peer/tunnels//etc/passwd",
    "/v1/peer/tunnels/file/etc/passwd",
    "/v1/peer/tunnels/guest/g1/display?path=/run/lodged.sock",
    "/v1/peer/tunnels/constructor/g1/display",
    "/v1/guests/db/display",
    "/",
  ])
    assert.deepEqual(
      await knock({ cert, key, path, headers: upgrade }),
      { status: 404, code: "cluster.tunnel_refused" },
      path,
    );
});

attack("whoever is no member, with a tunnel, by any door", async () => {
  two.tunnels.offer("guest", async () => assert.fail("it was opened"));
  const upgrade = { connection: "Upgrade", upgrade: "lodge-tunnel" };
  const path = "/v1/peer/tunnels/guest/g0123456789/display";
  const peer = await knock({ path, headers: upgrade });
  assert.deepEqual(peer, { status: 403, code: "cluster.peers_only" });
  const [host = "", tcp = ""] = two.tcp.split(":");
  const authorization = `Bearer ${fakeToken}`;
  for (const door of [{ socketPath: two.socketPath }, { host, port: Number(tcp) }]) {
    const answer = await answerOf(plainRequest, { ...door, path, headers: { ...upgrade, authorization } });
    assert.equal(answer?.code, "api.not_found");
  }
});

attack("whoever listens at the address of a member, to be taken for it", async () => {
  const impostor = await hosts.join("h4444444444", "impostor");
  const { members } = hosts;
  const real = members.get(two.id)!;
  members.set(two.id, { ...real, address: impostor.address });
  try {
    const asking = new Peers({ find: (id) => members.get(id), identity: () => one.identity.current() });
    await assert.rejects(asking.call(two.id, "peerHello"), coded("cluster.host_unreachable"));
    const tunnel = asking.tunnel(two.id, { kind: "guest", ref: "g1", end: "display" });
    await assert.rejects(tunnel, coded("cluster.host_unreachable"));
    asking.close();
  } finally {
    members.set(two.id, real);
  }
});
