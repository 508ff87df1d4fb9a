import assert from "node:assert/strict";
import { connect } from "node:net";
import { after, before, describe, it } from "node:test";
import { WebSocket } from "ws";
import { startFakeDaemon, until, type FakeDaemon } from "../../test/fakes/fake-daemon.ts";

let daemon: FakeDaemon;
let tcp = "";
before(async () => {
  daemon = await startFakeDaemon();
  tcp = await daemon.listenTcp();
});
after(() => daemon.close());

const ticketFor = (guest: string, viewOnly = false) =>
  daemon.client.call("guestDisplayTicket", { params: { guest }, body: { viewOnly } });

interface Peer {
  readonly socket: WebSocket;
  readonly closed: Promise<string>;
  readonly status: Promise<number>;
}

/** Over TCP nobody is known by himself; over the unix socket everybody is the host. */
function open(path: string, over: "tcp" | "unix", protocols: string[] = []): Peer {
  const options = over === "unix" ? { createConnection: () => connect(daemon.socketPath) } : {};
  const socket = new WebSocket(`ws://${tcp}${path}`, protocols, options as never);
  socket.on("error", () => undefined);
  const closed = new Promise<string>((resolve) =>
    socket.on("close", (code, reason) => resolve(`${code} ${reason.toString()}`)),
  );
  const status = new Promise<number>((resolve) => {
    socket.on("open", () => resolve(101));
    socket.on("unexpected-response", (_request, response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
  });
  return { socket, closed, status };
}

describe("a display over a WebSocket", () => {
  it("is bytes both ways for whoever shows a ticket and nothing else", async () => {
    const { ticket } = await ticketFor("db");
    const { socket, status } = open(`/v1/guests/db/display?ticket=${ticket}`, "tcp", ["binary"]);
    assert.equal(await status, 101);
    assert.equal(socket.protocol, "binary");
    const echo = new Promise<Buffer>((resolve) => socket.once("message", (data: Buffer) => resolve(data)));
    socket.send(Buffer.of(1, 2, 3));
    assert.deepEqual([...(await echo)], [1, 2, 3]);
    socket.close();
    await until(() => daemon.services.consoles.open === 0);
  });

  it("opens for no ticket twice, and for none of another guest", async () => {
    const { ticket } = await ticketFor("db");
    const other = open(`/v1/guests/web-1/display?ticket=${ticket}`, "tcp");
    assert.equal(await other.closed, "1008 console.ticket_refused");
    const again = open(`/v1/guests/db/display?ticket=${ticket}`, "unix");
    assert.equal(await again.closed, "1008 console.ticket_refused");
  });

  it("asks who it is of whoever has no ticket, and for a ticket of whoever is known", async () => {
    assert.equal(await open("/v1/guests/db/display", "tcp").status, 401);
    assert.equal(await open("/v1/guests/db/display", "unix").status, 400);
    assert.equal(await open("/v1/guests/db/exec?ticket=abc", "tcp").status, 401);
  });

  it("ends where somebody sends words, and where the daemon stops", async () => {
    const talker = open(`/v1/guests/db/display?ticket=${(await ticketFor("db")).ticket}`, "tcp");
    await talker.status;
    talker.socket.send("hello");
    assert.equal(await talker.closed, "1008 console.protocol");
    const patient = open(`/v1/guests/db/display?ticket=${(await ticketFor("db")).ticket}`, "unix");
    await patient.status;
    await daemon.stop();
    assert.equal(await patient.closed, "1001 api.stopping");
    await daemon.start();
    tcp = await daemon.listenTcp();
  });
});

describe("a file that is dropped onto a display", () => {
  it("is taken whole, and said where it lies", async () => {
    const said: string[] = [];
    const peer = open("/v1/guests/db/drop", "unix");
    peer.socket.on("message", (data: Buffer) => said.push(data.toString()));
    await peer.status;
    peer.socket.send(JSON.stringify({ type: "drop", name: "a.txt", size: 5 }));
    peer.socket.send(Buffer.from([0, 1, 2, 3, 4, 5]));
    peer.socket.send('{"type":"eof"}');
    await peer.closed;
    assert.deepEqual(said, ['{"type":"started"}', '{"type":"end","folder":"/root"}']);
    assert.deepEqual(daemon.services.consoles.dropped, ["db a.txt 5 bytes"]);
  });

  it("is not taken from one whose ticket lets him only look", async () => {
    const before = [...daemon.services.consoles.dropped];
    const { ticket } = await ticketFor("db", true);
    const peer = open(`/v1/guests/db/drop?ticket=${ticket}`, "tcp");
    const answer = new Promise<string>((resolve) =>
      peer.socket.once("message", (data: Buffer) => resolve(data.toString())),
    );
    assert.match(await answer, /console\.ticket_refused/);
    await peer.closed;
    assert.deepEqual(daemon.services.consoles.dropped, before);
  });
});

describe("a serial console over a WebSocket", () => {
  it("opens with a ticket as well, and once", async () => {
    const { ticket } = await ticketFor("db", true);
    const first = open(`/v1/guests/db/console?ticket=${ticket}`, "tcp");
    const said = new Promise<string>((resolve) =>
      first.socket.once("message", (data: Buffer) => resolve(data.toString())),
    );
    await first.status;
    first.socket.send('{"type":"console"}');
    assert.equal(await said, '{"type":"started"}');
    first.socket.close();
    const second = open(`/v1/guests/db/console?ticket=${ticket}`, "tcp");
    const refused = new Promise<string>((resolve) =>
      second.socket.once("message", (data: Buffer) => resolve(data.toString())),
    );
    assert.match(await refused, /console\.ticket_refused/);
    await second.closed;
  });

  it("is told its window's size by whoever may type", async () => {
    const resize = (rows: number) => JSON.stringify({ type: "resize", rows, cols: 80 });
    for (const [viewOnly, rows] of [
      [true, 24],
      [false, 50],
    ] as const) {
      const { ticket } = await ticketFor("db", viewOnly);
      const peer = open(`/v1/guests/db/console?ticket=${ticket}`, "tcp");
      await peer.status;
      const started = new Promise((resolve) => peer.socket.once("message", resolve));
      peer.socket.send('{"type":"console"}');
      await started;
      peer.socket.send(resize(rows));
      peer.socket.close();
      await peer.closed;
    }
    await until(() => daemon.services.consoles.sizes.length > 0);
    assert.deepEqual(daemon.services.consoles.sizes, ["db 50x80"]);
  });

  it("still asks who it is of whoever has none", async () => {
    assert.equal(await open("/v1/guests/db/console", "tcp").status, 401);
  });
});
