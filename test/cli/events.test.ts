/** Does `lodge events` tell the whole past, however slowly it comes? */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { openScene, type Scene } from "./lodge.ts";

describe("lodge events", () => {
  let scene: Scene;
  let ids: string[] = [];
  before(async () => {
    scene = await openScene();
    const { events } = scene.daemon.services;
    ids = ["one", "two", "three"].map(
      (word) => events.happen(`it is ${word}`, { guest: word, guestName: word }).id,
    );
    const list = events.list.bind(events);
    // As on a host that has much to do.
    events.list = async () => {
      await delay(1_500);
      return list();
    };
  });
  after(() => scene.close());

  const told = async (...words: string[]): Promise<string[]> => {
    const { code, stdout, stderr } = await scene.lodge(["events", ...words]);
    assert.equal(code, 0, stderr);
    return [...stdout.matchAll(/it is (\w+)/g)].map(([, word]) => word!);
  };

  it("are there from the oldest to the newest", async () => {
    assert.deepEqual(await told(), ["one", "two", "three"]);
    assert.deepEqual(await told("--no-follow"), ["one", "two", "three"]);
  });

  it("are those of a guest, or after one that is known", async () => {
    assert.deepEqual(await told("--guest", "two"), ["two"]);
    assert.deepEqual(await told("--after", ids[0]!), ["two", "three"]);
  });
});
