import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, describe, it } from "node:test";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { systemClock } from "#base/clock";
import { ManualClock } from "#durable/store/manual-clock";
import { Receiver, status } from "../../../test/fakes/receiver.ts";
import { OwnAuthority } from "../access/certificate/own-authority.ts";
import { answerLimit, contentLimit, sendOnce, type Outcome } from "./send.ts";

describe("a receiver", () => {
  let receiver: Receiver;
  let clock: ManualClock;
  before(async () => void (receiver = await Receiver.open()));
  beforeEach(() => void (clock = new ManualClock()));
  after(() => receiver.close());

  const send = (more: object = {}): Promise<Outcome> =>
    sendOnce({
      url: receiver.url,
      headers: { "webhook-id": "msg_1" },
      body: "{}",
      may: () => true,
      clock,
      signal: new AbortController().signal,
      ...more,
    });

  it("that answers with 2xx has taken it", async () => {
    for (const code of [200, 202, 299]) {
      receiver.answer = status(code);
      const { milliseconds: _, ...outcome } = await send();
      assert.deepEqual(outcome, { delivered: true, status: code, answer: "thanks" });
    }
    receiver.answer = status(204);
    assert.deepEqual(await send(), { delivered: true, status: 204, milliseconds: 0 });
    assert.equal(receiver.received.at(-1)?.headers["webhook-id"], "msg_1");
  });

  it("that answers otherwise has not", async () => {
    receiver.answer = status(503, { "retry-after": "120" });
    const { delivered, status: code, retryAfter } = await send();
    assert.deepEqual({ delivered, code, retryAfter }, { delivered: false, code: 503, retryAfter: 120_000 });
  });

  it("that sends us elsewhere is not followed", async () => {
    const before = receiver.received.length;
    receiver.answer = status(307, { location: receiver.url });
    const { delivered, status: code } = await send();
    assert.deepEqual({ delivered, code }, { delivered: false, code: 307 });
    assert.equal(receiver.received.length, before + 1);
  });

  it("that never answers is waited for no longer than the limit", async () => {
    const before = receiver.received.length;
    receiver.answer = () => undefined;
    const outcome = send();
    await receiver.has(before + 1);
    clock.advance(answerLimit);
    const { delivered, error } = await outcome;
    assert.deepEqual({ delivered, error }, { delivered: false, error: "there was no answer within 15 s" });
  });

  it("that begins an answer and does not end it has taken it", async () => {
    receiver.answer = (response) => {
      response.writeHead(200).write("I think …");
    };
    const read = Promise.withResolvers<void>();
    const sleep = clock.sleep.bind(clock);
    clock.sleep = (milliseconds, signal) => {
      if (milliseconds === contentLimit) read.resolve();
      return sleep(milliseconds, signal);
    };
    const outcome = send();
    await read.promise;
    clock.advance(contentLimit);
    const { delivered, answer = "" } = await outcome;
    assert.equal(delivered, true);
    assert.ok("I think …".startsWith(answer));
  });

  it("that answers without end is read no further than its beginning", async () => {
    let written = 0;
    const closed = Promise.withResolvers<void>();
    receiver.answer = (response) => {
      const chunk = Buffer.alloc(65_536, "x");
      response.writeHead(200, { "content-length": 2 ** 30 });
      response.once("close", () => closed.resolve());
      const more = () => {
        while (!response.destroyed && response.write(chunk)) written += chunk.length;
        written += chunk.length;
        response.once("drain", more);
      };
      more();
    };
    const { delivered, answer } = await send();
    await closed.promise;
    assert.deepEqual([delivered, answer], [true, "x".repeat(1024)]);
    // What lies between the two in the kernel, and no more.
    assert.ok(written < 64 * 2 ** 20, `${written} bytes`);
  });

  it("that cuts the connection has not taken it", async () => {
    receiver.answer = (_response, _received, request) => request.socket.resetAndDestroy();
    assert.deepEqual((await send()).error, "the connection was cut");
  });

  it("says nothing that moves a terminal's cursor", async () => {
    receiver.answer = (response) => response.end("a\u001b[2Jb\u0000\u202ec\nd");
    assert.equal((await send()).answer, "a[2Jbc\nd");
  });

  it("that is at an address that is closed is not asked", async () => {
    const before = receiver.received.length;
    const { delivered, error } = await send({ may: () => false });
    assert.equal(delivered, false);
    assert.match(error ?? "", /leads to this computer/);
    assert.equal(receiver.received.length, before);
  });

  it("that is none is told apart", async () => {
    const gone = await Receiver.open();
    const { url } = gone;
    await gone.close();
    assert.equal((await send({ url })).error, "nobody listens there");
  });

  it("is let go of when the daemon ends", async () => {
    const before = receiver.received.length;
    receiver.answer = () => undefined;
    const stop = new AbortController();
    const outcome = send({ signal: stop.signal });
    await receiver.has(before + 1);
    const reason = new RangeError("the end");
    stop.abort(reason);
    await assert.rejects(outcome, reason);
  });
});

describe("under TLS", () => {
  let folder: string;
  let receiver: Receiver;
  let authority: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "lodge-webhook-tls-"));
    const own = await OwnAuthority.open(folder, systemClock, "Lodge test");
    authority = await readFile(join(folder, "ca.pem"), "utf8");
    receiver = await Receiver.open(await own.serverCertificate(["localhost"]));
  });
  after(async () => {
    await receiver.close();
    await rm(folder, { recursive: true, force: true });
  });

  const send = () =>
    sendOnce({
      url: receiver.url,
      headers: {},
      body: "{}",
      may: () => true,
      clock: new ManualClock(),
      signal: new AbortController().signal,
    });

  it("nothing is said to who cannot show who he is", async () => {
    const { delivered, error } = await send();
    assert.equal(delivered, false);
    assert.match(error ?? "", /certificate/i);
    assert.equal(receiver.received.length, 0);
  });

  it("it goes to who can", async () => {
    const usual = getCACertificates("default");
    setDefaultCACertificates([...usual, authority]);
    try {
      assert.equal((await send()).delivered, true);
    } finally {
      setDefaultCACertificates(usual);
    }
  });
});
