import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, test } from "node:test";
import { hasCode } from "#contract/errors";
import { startFakeDaemon, until, type FakeDaemon } from "../../../test/fakes/fake-daemon.ts";

let daemon: FakeDaemon;
before(async () => {
  daemon = await startFakeDaemon();
});
after(() => daemon.close());

const nextText = async (line: AsyncIterator<Buffer>) => String((await line.next()).value);

test("scroll-back comes first, then what is said; keys go the other way", async () => {
  const line = await daemon.client.console("db", { scrollback: 100 });
  const said = line[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  assert.equal(await nextText(said), "scroll-back of 100\n");
  line.write("root\r");
  assert.equal(await nextText(said), "root\r");
  line.destroy();
  await until(() => daemon.services.streams.open === 0);
});

test("an end of the line is an end here", async () => {
  const line = await daemon.client.console("db");
  line.resume();
  line.end();
  await once(line, "close");
  await until(() => daemon.services.streams.open === 0);
});

test("a guest that has no console now says so", async () => {
  await assert.rejects(daemon.client.console("nobody"), (error) => hasCode(error, "guest.not_found"));
});

test("a daemon that stops is told from a console that ends", async () => {
  const line = await daemon.client.console("db");
  line.resume();
  const failed = once(line, "error");
  await daemon.stop();
  assert.ok(hasCode((await failed)[0], "api.stopping"));
  assert.equal(daemon.services.streams.open, 0);
  await daemon.start();
});
