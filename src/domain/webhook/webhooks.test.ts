import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { hasCode } from "#contract/errors";
import { verifyWebhook } from "#client/webhook";
import { status, type Received } from "../../../test/fakes/receiver.ts";
import { WebhookWorld } from "../../../test/fakes/webhook-world.ts";

let world: WebhookWorld;
beforeEach(async () => void (world = await WebhookWorld.open()));
afterEach(() => world.close());

const verified = ({ headers, body }: Received, secret: string) =>
  verifyWebhook({ headers, body, secret, now: world.clock.now() });

describe("a webhook", () => {
  it("is told of what happens from then on, signed, in order", async () => {
    world.happen("guest.created");
    const { id, secret } = await world.add();
    for (let i = 0; i < 5; i++) world.happen(`guest.n${i}`, { id: "g1", name: "web", labels: { a: "b" } });
    await world.receiver.has(5);
    assert.deepEqual(world.receiver.types, ["guest.n0", "guest.n1", "guest.n2", "guest.n3", "guest.n4"]);
    const [first] = world.receiver.received as [Received];
    assert.deepEqual(await verified(first, secret), {
      type: "guest.n0",
      timestamp: new Date(world.clock.now()).toISOString(),
      data: world.events.all()[1],
    });
    await assert.rejects(verified({ ...first, body: `${first.body} ` }, secret));
    assert.equal(new Set(world.receiver.received.map((one) => one.id)).size, 5);
    await world.progress(id, ({ cursor }) => cursor === world.events.lastId);
    const { state, waiting } = await world.webhooks.get("ci");
    assert.deepEqual({ state, waiting }, { state: "active", waiting: 0 });
  });

  it("is told of the kinds, the guest and the label that it is for", async () => {
    await world.add({ events: ["guest.*"], label: "tier=front" });
    world.happen("guest.created", { id: "g1", name: "a", labels: { tier: "back" } });
    world.happen("disk.added", { id: "g2", name: "b", labels: { tier: "front" } });
    world.happen("guest.removed", { id: "g2", name: "b", labels: { tier: "front" } });
    await world.receiver.has(1);
    assert.deepEqual(world.receiver.types, ["guest.removed"]);
  });

  it("that is paused is told when it goes on, and of nothing that is passed over", async () => {
    await world.add();
    await world.webhooks.update("ci", { paused: true });
    world.happen("guest.first");
    assert.deepEqual([(await world.webhooks.get("ci")).waiting, world.receiver.received.length], [1, 0]);
    await world.webhooks.update("ci", { paused: false });
    await world.receiver.has(1);
    await world.webhooks.update("ci", { paused: true });
    world.happen("guest.second");
    await world.webhooks.update("ci", { paused: false, skip: true });
    world.happen("guest.third");
    await world.receiver.has(2);
    assert.deepEqual(world.receiver.types, ["guest.first", "guest.third"]);
  });

  it("that is removed is told no more, and leaves nothing", async () => {
    const { id } = await world.add();
    world.happen("guest.first");
    await world.receiver.has(1);
    await world.webhooks.remove("ci");
    world.happen("guest.second");
    assert.deepEqual(await readdir(join(world.folder, "webhooks")), []);
    assert.deepEqual((await world.store.list("webhooks/")).items, []);
    await assert.rejects(world.webhooks.get(id), (error) => hasCode(error, "webhook.not_found"));
    assert.equal(world.receiver.received.length, 1);
  });

  it("keeps neither its secret nor its address in the open", async () => {
    const { secret } = await world.add();
    const kept = JSON.stringify((await world.store.list("")).items);
    assert.ok(!kept.includes(secret) && !kept.includes(world.receiver.url));
    assert.equal("secret" in (await world.webhooks.get("ci")), false);
  });

  it("signs with both secrets for a while after a new one was made", async () => {
    const { secret: first } = await world.add();
    const { secret: second } = await world.webhooks.rotate("ci", { overlap: 60 });
    world.happen("guest.first");
    await world.receiver.has(1);
    const [both] = world.receiver.received as [Received];
    await verified(both, first);
    await verified(both, second);
    world.clock.advance(60_000);
    world.happen("guest.second");
    await world.receiver.has(2);
    await verified(world.receiver.received[1]!, second);
    await assert.rejects(verified(world.receiver.received[1]!, first));
  });
});

describe("an address", () => {
  it("without TLS, or that is closed, is refused when it is given", async () => {
    await assert.rejects(world.add({ allowHttp: false }), (error) => hasCode(error, "webhook.not_https"));
    await assert.rejects(world.add({ url: "https://%%" }), (error) => hasCode(error, "api.invalid"));
    world.closed.add("127.0.0.1");
    await assert.rejects(world.add(), (error) => hasCode(error, "api.address_closed"));
    await assert.rejects(world.add({ url: "https://localhost/" }), (error) =>
      hasCode(error, "api.address_closed"),
    );
  });

  it("that was closed since is asked no more, until it is open again", async () => {
    const { id } = await world.add();
    world.closed.add("127.0.0.1");
    world.happen("guest.first");
    await world.progress(id, ({ failure }) => failure !== undefined);
    const { state, failure } = await world.webhooks.get("ci");
    assert.equal(state, "failing");
    assert.match(failure?.reason ?? "", /leads to this computer/);
    world.closed.clear();
    await world.tryAgain(id, 1);
    await world.receiver.has(1);
  });

  it("is one of fifty at most, and has a name of its own", async () => {
    await world.add();
    await assert.rejects(world.add(), (error) => hasCode(error, "webhook.name_taken"));
    for (let i = 1; i < 50; i++) await world.add({ name: `ci-${i}` });
    await assert.rejects(world.add({ name: "more" }), (error) => hasCode(error, "webhook.too_many"));
    await assert.rejects(world.webhooks.update("ci-1", { name: "ci" }), (error) =>
      hasCode(error, "webhook.name_taken"),
    );
  });
});

describe("by hand", () => {
  it("a test is sent, and what was answered is told and noted", async () => {
    const { secret } = await world.add();
    world.receiver.answer = status(500);
    const delivery = await world.webhooks.test("ci", new AbortController().signal);
    const { type, why, delivered, status: code, answer } = delivery;
    assert.deepEqual(
      { type, why, delivered, code, answer },
      { type: "webhook.ping", why: "test", delivered: false, code: 500, answer: "no" },
    );
    await verified(world.receiver.received[0]!, secret);
    assert.deepEqual(await world.webhooks.deliveries("ci"), [delivery]);
    // A test is not what happens: that it was not taken holds nothing up.
    assert.equal((await world.webhooks.get("ci")).state, "active");
  });

  it("a message is sent once more under its id", async () => {
    await world.add();
    world.happen("guest.first");
    await world.receiver.has(1);
    let [first] = await world.webhooks.deliveries("ci");
    while (!first) [first] = await world.webhooks.deliveries("ci");
    const again = await world.webhooks.redeliver("ci", first.id, new AbortController().signal);
    assert.deepEqual([again.why, again.message, again.body], ["again", first.message, first.body]);
    assert.equal(world.receiver.received[1]?.id, world.receiver.received[0]?.id);
    await assert.rejects(world.webhooks.redeliver("ci", "d0", new AbortController().signal), (error) =>
      hasCode(error, "delivery.not_found"),
    );
  });

  it("a test that is taken ends the pause of what failed", async () => {
    const { id } = await world.add();
    world.receiver.answer = status(500);
    world.happen("guest.first");
    await world.progress(id, ({ failure }) => failure !== undefined);
    world.receiver.answer = status(200);
    await world.webhooks.test("ci", new AbortController().signal);
    await world.progress(id, ({ failure }) => failure === undefined);
    assert.deepEqual(world.receiver.types, ["guest.first", "webhook.ping", "guest.first"]);
  });
});
