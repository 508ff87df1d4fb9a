import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import { Receiver, status } from "../../../test/fakes/receiver.ts";
import { WebhookWorld } from "../../../test/fakes/webhook-world.ts";
import { keptDeliveries } from "./deliveries.ts";
import { progressPrefix } from "./record.ts";
import { pauses } from "./schedule.ts";

let world: WebhookWorld;
beforeEach(async () => void (world = await WebhookWorld.open()));
afterEach(() => world.close());

const ids = () => world.receiver.received.map(({ id }) => id);

describe("what is not taken", () => {
  it("is sent again under the same id, and holds back what comes after it", async () => {
    const { id } = await world.add();
    world.receiver.answer = status(500);
    world.happen("guest.first");
    world.happen("guest.second");
    await world.tryAgain(id, 1);
    await world.tryAgain(id, 2);
    const { failure } = await world.progress(id, (progress) => progress.failure?.tries === 3);
    assert.equal(failure?.reason, "it answered with 500");
    assert.deepEqual((failure?.next ?? 0) - world.clock.now(), pauses[2]);
    world.receiver.answer = status(200);
    await world.tryAgain(id, 3);
    await world.receiver.has(5);
    assert.deepEqual(world.receiver.types, [...Array(4).fill("guest.first"), "guest.second"]);
    assert.equal(new Set(ids()).size, 2);
    await world.progress(id, (progress) => progress.failure === undefined);
  });

  it("waits no longer than it may, also where the clock was ahead when it failed", async () => {
    const { id } = await world.add();
    world.receiver.answer = status(500);
    world.clock.advance(400 * 24 * 3_600_000);
    world.happen("guest.first");
    await world.progress(id, ({ failure }) => failure !== undefined);
    world.clock.advance(-400 * 24 * 3_600_000);
    world.receiver.answer = status(200);
    await world.restart();
    await world.receiver.has(2);
  });

  it("waits as long as the receiver asks", async () => {
    const { id } = await world.add();
    world.receiver.answer = status(429, { "retry-after": "100" });
    world.happen("guest.first");
    const { failure } = await world.progress(id, (progress) => progress.failure !== undefined);
    assert.equal((failure?.next ?? 0) - world.clock.now(), 100_000);
  });

  it("is given up after about a day: the webhook is paused, says so, and goes on when told", async () => {
    const { id } = await world.add();
    world.receiver.answer = status(500);
    const begun = world.clock.now();
    world.happen("guest.first");
    for (let tries = 1; tries <= pauses.length; tries++) await world.tryAgain(id, tries);
    const said = await new Promise<string>((resolve) =>
      world.events.listen(({ kind, message }) => kind === "webhook.paused" && resolve(message)),
    );
    assert.equal(said, "The webhook ci is paused: its receiver has taken nothing for about a day");
    assert.equal(
      world.clock.now() - begun,
      pauses.reduce((sum, one) => sum + one, 0),
    );
    const { state, paused, failure } = await world.webhooks.get("ci");
    assert.deepEqual([state, paused, failure?.tries, failure?.next], ["paused", "failed", 13, undefined]);
    world.receiver.answer = status(200);
    await world.webhooks.update("ci", { paused: false });
    await world.receiver.has(pauses.length + 3);
    assert.deepEqual(world.receiver.types.slice(-2), ["guest.first", "webhook.paused"]);
  });

  it("with 410 pauses the webhook at once", async () => {
    await world.add();
    world.receiver.answer = status(410);
    const said = new Promise<string>((resolve) =>
      world.events.listen(({ kind, message }) => kind === "webhook.paused" && resolve(message)),
    );
    world.happen("guest.first");
    assert.match(await said, /410 Gone/);
    const { state, paused } = await world.webhooks.get("ci");
    assert.deepEqual([state, paused, world.receiver.received.length], ["paused", "gone", 1]);
  });

  it("is tried at once where the webhook leads elsewhere", async () => {
    const { id } = await world.add();
    world.receiver.answer = status(500);
    world.happen("guest.first");
    await world.progress(id, ({ failure }) => failure !== undefined);
    world.receiver.answer = status(200);
    await world.webhooks.update("ci", { url: `${world.receiver.url}/other` });
    await world.progress(id, ({ failure }) => failure === undefined);
    assert.equal(ids().length, 2);
  });
});

describe("a daemon that starts again", () => {
  it("goes on where it was, and keeps the pause of what failed", async () => {
    const { id } = await world.add();
    world.happen("guest.first");
    await world.progress(id, ({ cursor }) => cursor === world.events.lastId);
    world.receiver.answer = status(500);
    world.happen("guest.second");
    await world.progress(id, ({ failure }) => failure !== undefined);
    await world.restart();
    world.happen("guest.third");
    world.receiver.answer = status(200);
    assert.equal(world.receiver.received.length, 2);
    await world.tryAgain(id, 1);
    await world.receiver.has(4);
    assert.deepEqual(world.receiver.types, ["guest.first", "guest.second", "guest.second", "guest.third"]);
  });

  it("sends again, under the same id, what it had not noted when it was killed", async () => {
    world.store.forgets = true;
    await world.add();
    world.happen("guest.first");
    await world.receiver.has(1);
    await world.restart();
    world.store.forgets = false;
    await world.receiver.has(2);
    assert.equal(new Set(ids()).size, 1);
  });

  it("whose log was lost tells of what happens next", async () => {
    const { id } = await world.add();
    world.happen("guest.first");
    await world.progress(id, ({ cursor }) => cursor === world.events.lastId);
    await world.webhooks.close();
    await world.store.transact({
      put: [{ key: progressPrefix + id, value: { cursor: "000000009999" } }],
    });
    await world.restart();
    world.happen("guest.second");
    await world.receiver.has(2);
    assert.deepEqual(world.receiver.types, ["guest.first", "guest.second"]);
  });
});

describe("a receiver that is away for long", () => {
  it("costs nothing but the log, and is told how many events that no longer has", async () => {
    const { id } = await world.add();
    world.receiver.answer = status(500);
    world.happen("guest.first");
    await world.progress(id, ({ failure }) => failure !== undefined);
    const written = world.store.notes;
    for (let i = 0; i < 10_500; i++) world.happen("guest.changed");
    const kept = world.events.all().length;
    const lost = 10_501 - kept;
    assert.ok(lost > 0);
    assert.equal(world.store.notes, written);
    world.receiver.answer = status(200);
    await world.tryAgain(id, 1);
    await world.receiver.has(3);
    const [, gap, next] = world.receiver.received.map(
      ({ body }) => JSON.parse(body) as { type: string; data: { events?: number; id?: string } },
    );
    assert.deepEqual([gap?.type, gap?.data.events], ["webhook.lost", lost]);
    assert.equal(next?.data.id, world.events.all()[0]?.id);
    await world.progress(id, (progress) => progress.lost?.events === lost);
    assert.equal((await world.webhooks.get("ci")).lost?.events, lost);
  });
});

describe("many at once", () => {
  it("1,000 guests that change come in order, with few writes, whatever another receiver does", async () => {
    const stuck = await Receiver.open();
    stuck.answer = () => undefined;
    try {
      await world.add({ name: "stuck", url: stuck.url });
      const { id } = await world.add();
      const written = world.store.notes;
      for (let i = 0; i < 1_000; i++) world.happen("guest.changed", { id: `g${i}`, name: `n${i}` });
      await world.receiver.has(1_000);
      const guests = world.receiver.received.map(
        ({ body }) => (JSON.parse(body) as { data: { guest: string } }).data.guest,
      );
      assert.deepEqual(
        guests,
        Array.from({ length: 1_000 }, (_, i) => `g${i}`),
      );
      await world.progress(id, ({ cursor }) => cursor === world.events.lastId);
      assert.ok(world.store.notes - written < 10, `${world.store.notes - written} writes`);
      assert.equal((await world.webhooks.deliveries("ci")).length, keptDeliveries);
      assert.equal((await world.webhooks.get("stuck")).waiting, 1_000);
    } finally {
      await stuck.close();
    }
  });
});
