import assert from "node:assert/strict";
import { PassThrough, Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { after, before, test } from "node:test";
import { hasCode, LodgeError, type ErrorCode } from "#contract/errors";
import { startFakeDaemon, until, type FakeDaemon } from "../../../test/fakes/fake-daemon.ts";
import type { Channel } from "./channel.ts";
import { serveFile } from "./file.ts";

let daemon: FakeDaemon;
before(async () => {
  daemon = await startFakeDaemon();
});
after(() => daemon.close());

const is = (code: ErrorCode) => (error: unknown) => hasCode(error, code);
const archive = Buffer.from(Array.from({ length: 2_500_000 }, (_, index) => (index * 13) % 256));
const files = () => daemon.services.streams.files;

test("what goes in comes out again", async () => {
  await daemon.client.fileIn("db", "/srv", Readable.from([archive.subarray(0, 7), archive.subarray(7)]));
  assert.deepEqual(files().get("/srv"), archive);
  assert.deepEqual(await buffer(await daemon.client.fileOut("db", "/srv")), archive);
  assert.equal(daemon.services.streams.open, 0);
});

test("an empty archive goes both ways", async () => {
  await daemon.client.fileIn("db", "/empty", Readable.from([]));
  assert.equal(files().get("/empty")?.length, 0);
  assert.equal((await buffer(await daemon.client.fileOut("db", "/empty"))).length, 0);
});

test("what cannot be read or written says why", async () => {
  await assert.rejects(daemon.client.fileOut("db", "/nothing"), is("agent.file"));
  await assert.rejects(daemon.client.fileOut("db", "not/absolute"), is("api.invalid"));
  await assert.rejects(daemon.client.fileIn("db", "/read-only", Readable.from([archive])), is("agent.file"));
});

test("an archive whose source fails is not taken for a whole one", async () => {
  const source = Readable.from(
    (async function* () {
      yield archive.subarray(0, 1000);
      await new Promise((resolve) => setTimeout(resolve, 20));
      throw new RangeError("the disk is gone");
    })(),
  );
  await assert.rejects(daemon.client.fileIn("db", "/half", source), RangeError);
  await until(() => daemon.services.streams.open === 0);
  assert.equal(files().has("/half"), false);
});

test("an archive cut short by the daemon's end fails at its reader", async () => {
  files().set("/large", Buffer.alloc(64 * 1024 * 1024));
  const content = await daemon.client.fileOut("db", "/large");
  content.once("data", () => content.pause());
  await new Promise((resolve) => setTimeout(resolve, 50));
  const stopped = daemon.stop();
  await assert.rejects(buffer(content), (error) => hasCode(error, "api.stopping", "api.daemon_lost"));
  await stopped;
  assert.equal(daemon.services.streams.open, 0);
  await daemon.start();
});

test("a reader that leaves lets go of the file", async () => {
  const content = await daemon.client.fileOut("db", "/large");
  content.destroy();
  await until(() => daemon.services.streams.open === 0);
});

test("a source that fails before it is read tells its reader, and nobody else", async () => {
  const content = new PassThrough();
  const channel = {
    gone: new AbortController().signal,
    first: async () => ({ type: "file", direction: "out", path: "/x" }),
    async send() {
      content.destroy(new LodgeError("agent.lost", { guest: "web" }));
      await new Promise((resolve) => content.once("close", resolve));
    },
    async pump(source: AsyncIterable<unknown>) {
      for await (const _ of source) assert.fail("there is nothing in it");
    },
  };
  const guests = { fileOut: async () => content, fileIn: () => assert.fail("it is the other way about") };
  const told: unknown[] = [];
  const copying = { guest: "web", told: (start: { readonly path: string }) => void told.push(start.path) };
  await assert.rejects(serveFile(guests, copying, channel as unknown as Channel), (error) =>
    hasCode(error, "agent.lost"),
  );
  assert.deepEqual(told, ["/x"]);
});
