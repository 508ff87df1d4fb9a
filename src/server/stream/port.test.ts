import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { buffer } from "node:stream/consumers";
import { after, before, describe, it, test } from "node:test";
import { WebSocket } from "ws";
import { hasCode, type ErrorCode } from "#contract/errors";
import { startFakeDaemon, until, type FakeDaemon } from "../../../test/fakes/fake-daemon.ts";
import { SignedIn } from "../../../test/fakes/signed-in.ts";

let daemon: FakeDaemon;
let tcp = "";
before(async () => {
  daemon = await startFakeDaemon();
  tcp = await daemon.listenTcp();
});
after(() => daemon.close());

const is = (code: ErrorCode) => (error: unknown) => hasCode(error, code);
const settled = () => until(() => daemon.services.streams.open === 0);

test("every byte goes both ways, and what it says ends after what it hears", async () => {
  const line = await daemon.client.port("db", 7);
  const sent = randomBytes(3 * 1_048_576);
  line.end(sent);
  assert.ok((await buffer(line)).equals(sent));
  await settled();
});

test("a reader that is slow holds it back, and one that leaves ends it", async () => {
  const line = await daemon.client.port("db", 19);
  const [bytes] = (await once(line, "data")) as [Buffer];
  assert.ok(bytes.length > 0);
  line.on("error", () => undefined).destroy();
  await settled();
});

test("what cannot be reached, and what breaks, says why", async () => {
  await assert.rejects(daemon.client.port("db", 22), is("port.refused"));
  await assert.rejects(daemon.client.port("nobody", 7), is("guest.not_found"));
  await assert.rejects(daemon.client.port("db", 70_000), is("api.invalid"));
  const line = await daemon.client.port("db", 5);
  line.write("x");
  await assert.rejects(buffer(line), is("port.broken"));
  await settled();
});

test("a daemon that stops is told from a connection that ends", async () => {
  const line = await daemon.client.port("db", 7);
  const said = assert.rejects(buffer(line), is("api.stopping"));
  await daemon.stop();
  await said;
  await daemon.start();
  tcp = await daemon.listenTcp();
});

describe("who may only look", () => {
  it("gets no connection, and no ticket for one", async (t) => {
    const scene = await SignedIn.open();
    t.after(() => scene.daemon.close());
    const asked = async (role: string, method: string, path: string, body?: unknown) => {
      const headers = { cookie: scene.cookies[role]!, origin: scene.own };
      return (await scene.ask(method, `/v1/guests/db/${path}`, body, headers)).status;
    };
    assert.equal(await asked("viewer", "GET", "port?port=7"), 403);
    assert.equal(await asked("operator", "GET", "port?port=7"), 426);
    assert.equal(await asked("viewer", "POST", "display-ticket", { ports: [7] }), 403);
    assert.equal(await asked("viewer", "POST", "display-ticket", {}), 200);
    assert.equal(await asked("operator", "POST", "display-ticket", { ports: [7] }), 200);
  });
});

describe("a ticket", () => {
  const ticketFor = async (body: { ports?: number[]; viewOnly?: boolean }) =>
    (await daemon.client.call("guestDisplayTicket", { params: { guest: "db" }, body })).ticket;
  /** What is said first; over TCP nobody is known by himself. */
  const firstWord = async (port: number, ticket: string): Promise<string> => {
    const socket = new WebSocket(`ws://${tcp}/v1/guests/db/port?port=${port}&ticket=${ticket}`);
    const [data] = (await once(socket, "message")) as [Buffer];
    socket.terminate();
    const frame = JSON.parse(data.toString()) as { type: string; problem?: { code: string } };
    return frame.problem?.code ?? frame.type;
  };

  it("opens one of the ports that it was given for, once", async () => {
    const ticket = await ticketFor({ ports: [7, 19] });
    assert.equal(await firstWord(7, ticket), "started");
    assert.equal(await firstWord(19, ticket), "console.ticket_refused");
    await settled();
  });

  it("opens no other port, and none where it is for the display alone", async () => {
    assert.equal(await firstWord(7, await ticketFor({ ports: [19] })), "port.not_granted");
    assert.equal(await firstWord(7, await ticketFor({})), "port.not_granted");
  });
});
