import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { hasCode } from "#contract/errors";
import { startFakeDaemon, until, type FakeDaemon } from "../../../test/fakes/fake-daemon.ts";

let daemon: FakeDaemon;
before(async () => {
  daemon = await startFakeDaemon();
});
after(() => daemon.close());

test("events come in order, from now on or after the one given", async () => {
  const { events } = daemon.services;
  const first = events.happen("one");
  events.happen("two");
  const later = daemon.client.events();
  const next = later.next();
  await until(() => events.readers === 1);
  events.happen("three");
  assert.equal((await next).value?.message, "three");
  await later.return();
  const resumed = daemon.client.events({ after: first.id });
  assert.equal((await resumed.next()).value?.message, "two");
  assert.equal((await resumed.next()).value?.message, "three");
  await resumed.return();
  await until(() => events.readers === 0);
});

test("none is missed or told twice over a daemon's restart, however slow the reader", async () => {
  const { events } = daemon.services;
  const start = events.happen("start");
  const stream = daemon.client.events({ after: start.id });
  for (let index = 0; index < 2000; index++) events.happen(`event ${index}`);
  for (let index = 0; index < 2000; index++) {
    if (index === 700) {
      await daemon.stop();
      await daemon.start();
    }
    assert.equal((await stream.next()).value?.message, `event ${index}`);
  }
  await stream.return();
});

test("a daemon that stays away is told once patience is at its end", async () => {
  const stream = daemon.client.events({ patience: 100 });
  const next = stream.next();
  await until(() => daemon.services.events.readers === 1);
  await daemon.stop();
  await assert.rejects(next, (error) => hasCode(error, "api.daemon_unreachable"));
  await daemon.start();
});

test("the signal ends it without an error", async () => {
  const stop = new AbortController();
  const stream = daemon.client.events({ signal: stop.signal });
  const next = stream.next();
  await until(() => daemon.services.events.readers === 1);
  stop.abort();
  assert.equal((await next).done, true);
  await until(() => daemon.services.events.readers === 0);
});
