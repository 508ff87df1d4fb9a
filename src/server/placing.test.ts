import assert from "node:assert/strict";
import { request as httpRequest } from "node:http";
import { after, before, beforeEach, describe, it } from "node:test";
import { asLodgeError, hasCode, LodgeError } from "#contract/errors";
import type { Operation } from "#contract/operation";
import { createClient, type Client } from "#client/client";
import { startFakeDaemon, type FakeDaemon } from "../../test/fakes/fake-daemon.ts";
import type { PeerDoors } from "./forward.ts";
import type { PlacingParts } from "./placing.ts";

const names = ["h1", "h2", "h3", "h4", "h5"] as const;
type HostName = (typeof names)[number];

let daemons: Map<HostName, FakeDaemon>;
let client: Client;
/** In the order in which they are chosen. */
let order: readonly HostName[] = [];
let tried: HostName[] = [];
let refusing: Partial<Record<HostName, LodgeError>> = {};
let asleep: readonly string[] = [];
/** For so many guests; no word of a host: for any number. */
let room: Partial<Record<HostName, number>> = {};

const doors: PeerDoors = {
  name: "h1",
  others: () => [],
  find: (ref) => (ref === "h1" ? undefined : ref),
  mayBeGone: () => false,
  async open(host, request) {
    const socketPath = asleep.includes(host) ? "/nowhere" : daemons.get(host as HostName)!.socketPath;
    return httpRequest({ socketPath, ...request });
  },
  failure: (host, error) =>
    error instanceof LodgeError
      ? error
      : new LodgeError("cluster.host_unreachable", { host, reason: asLodgeError(error).message }),
};

let silent: string[] = [];

const placing: PlacingParts = {
  own: "h1",
  onSilent: (host) => silent.push(host),
  placed: ["guestCreate"],
  async chooseHost(_name, _reached, refused) {
    const host = order.find((one) => !refused.has(one));
    if (host) return host;
    const reasons = [...refused].map(([name, why]) => `${name}: ${why}`).join("; ");
    throw new LodgeError("placement.no_host", { guest: "it", reasons, fix: "" });
  },
};

before(async () => {
  const started = await Promise.all(
    names.map(
      async (name) => [name, await startFakeDaemon(name === "h1" ? { peers: doors, placing } : {})] as const,
    ),
  );
  daemons = new Map(started);
  for (const [name, { services }] of daemons) {
    const { guests } = services;
    const create = guests.create.bind(guests);
    guests.create = async (body, project) => {
      tried.push(name);
      const refusal = refusing[name];
      if (refusal) throw refusal;
      const left = room[name];
      if (left === 0) throw full(name);
      if (left !== undefined) room[name] = left - 1;
      return create(body, project);
    };
  }
  client = createClient({ socketPath: daemons.get("h1")!.socketPath });
});
after(async () => {
  for (const daemon of daemons.values()) await daemon.close();
});
beforeEach(() => {
  [tried, refusing, asleep, room, silent] = [[], {}, [], {}, []];
});

const full = (subject: string): LodgeError =>
  new LodgeError("host.promised", {
    subject,
    resource: "memory",
    needed: "1 MiB",
    free: "0 MiB",
    limit: "1 MiB",
    holders: "nobody",
  });
let made = 0;
const make = (host?: string): Promise<Operation> =>
  client.call("guestCreate", { body: { image: "debian-13", name: `made-${++made}` } }, { host });

describe("a guest that is to be made", () => {
  it("is made by the host that is chosen, this one or another", async () => {
    order = ["h2"];
    assert.equal((await make()).kind, "guest.create");
    order = ["h1"];
    await make();
    assert.deepEqual(tried, ["h2", "h1"]);
  });

  it("is made by the next where the chosen one has no room by then", async () => {
    order = ["h2", "h1", "h3"];
    refusing = { h2: full("it"), h1: full("it") };
    await make();
    assert.deepEqual(tried, ["h2", "h1", "h3"]);
    order = ["h1", "h2"];
    refusing = { h1: full("it") };
    await make();
    assert.deepEqual(tried.slice(3), ["h1", "h2"]);
  });

  it("is made by the next where the chosen one does not answer", async () => {
    order = ["h3", "h1"];
    asleep = ["h3"];
    await make();
    assert.deepEqual(tried, ["h1"]);
    assert.deepEqual(silent, ["h3"]);
  });

  it("is not asked of another host for what would be wrong everywhere", async () => {
    order = ["h2", "h3"];
    refusing = { h2: new LodgeError("guest.name_taken", { name: "web" }) };
    await assert.rejects(make(), (error) => hasCode(error, "guest.name_taken"));
    assert.deepEqual(tried, ["h2"]);
  });

  it("is asked of a few hosts at most, and ends with what the last said", async () => {
    order = ["h2", "h3", "h4", "h5", "h1"];
    refusing = Object.fromEntries(names.map((name) => [name, full(name)]));
    await assert.rejects(make(), (error: LodgeError) => error.params["subject"] === "h5");
    assert.deepEqual(tried, ["h2", "h3", "h4", "h5"]);
  });

  it("is refused with what each said where none is left, and with what the only one said", async () => {
    order = ["h2", "h1"];
    refusing = { h2: full("it"), h1: full("it") };
    await assert.rejects(
      make(),
      (error: LodgeError) => hasCode(error, "placement.no_host") && /h2: .*; h1: /.test(error.message),
    );
    order = ["h2"];
    await assert.rejects(make(), (error) => hasCode(error, "host.promised"));
  });

  it("takes nobody's place: of many that are made at once each host has as many as it lets in", async () => {
    // All are sent to the first by what is known of it at that moment.
    order = ["h2", "h3", "h1"];
    room = { h1: 1, h2: 1, h3: 1 };
    const ended = await Promise.allSettled(Array.from({ length: 4 }, () => make()));
    const failed = ended.filter((one) => one.status === "rejected");
    assert.equal(failed.length, 1);
    assert.ok(hasCode(failed[0]!.reason, "placement.no_host"));
    assert.deepEqual(room, { h1: 0, h2: 0, h3: 0 });
  });

  it("is made where its owner says, and nowhere else", async () => {
    order = ["h1"];
    await make("h3");
    assert.deepEqual(tried, ["h3"]);
    refusing = { h3: full("it") };
    await assert.rejects(make("h3"), (error) => hasCode(error, "host.promised"));
    assert.deepEqual(tried, ["h3", "h3"]);
    const alone = createClient({ socketPath: daemons.get("h2")!.socketPath });
    await assert.rejects(
      alone.call("guestCreate", { body: { image: "debian-13" } }, { host: "h9" }),
      (error) => hasCode(error, "cluster.host_not_found"),
    );
  });
});
