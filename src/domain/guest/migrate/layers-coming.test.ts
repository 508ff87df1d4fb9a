import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { LayersComing } from "./layers-coming.ts";

describe("layers on their way to a host", () => {
  it("are brought by one guest at a time, whatever else each of them brings", async () => {
    const coming = new LayersComing();
    const told: string[] = [];
    const first = Promise.withResolvers<void>();
    const brings = (who: string, layers: readonly string[], until: Promise<void> = Promise.resolve()) =>
      coming.bring(layers, async () => {
        told.push(`${who} begins`);
        await until;
        told.push(`${who} ends`);
      });
    const all = [
      brings("one", ["lb", "la"], first.promise),
      brings("two", ["la", "lc"]),
      brings("three", ["lc", "lb"]),
      brings("other", ["ld"]),
    ];
    await all[3];
    assert.ok(coming.has("la") && coming.has("lb") && !coming.has("ld"));
    assert.deepEqual(told.toSorted(), ["one begins", "other begins", "other ends"]);
    first.resolve();
    await Promise.all(all);
    const order = told.filter((line) => !line.startsWith("other"));
    for (let at = 0; at < order.length; at += 2)
      assert.equal(order[at]!.replace("begins", "ends"), order[at + 1]);
    assert.ok(!coming.has("la") && !coming.has("lb") && !coming.has("lc"));
  });

  it("come by the next one where the first fails", async () => {
    const coming = new LayersComing();
    const fails = coming.bring(["la"], () => Promise.reject(new TypeError("cut")));
    const comes = coming.bring(["la"], () => Promise.resolve("here"));
    await assert.rejects(fails, /cut/);
    assert.equal(await comes, "here");
  });
});
