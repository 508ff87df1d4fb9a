import assert from "node:assert/strict";
import { duplexPair } from "node:stream";
import { describe, it } from "node:test";
import { LodgeError } from "#contract/errors";
import { Conversation } from "./conversation.ts";

function two() {
  const [near, far] = duplexPair();
  near.once("close", () => far.destroy());
  far.once("close", () => near.destroy());
  return { source: new Conversation(near), target: new Conversation(far), far };
}
const { signal } = new AbortController();

describe("what the hosts of a move say to each other", () => {
  it("is heard in order, however early it was said", async () => {
    const { source, target } = two();
    target.say({ say: "wants", files: ["layer:l1"] });
    target.say({ say: "ready" });
    assert.deepEqual(await source.hear("wants", signal), { say: "wants", files: ["layer:l1"] });
    await source.hear("ready", signal);
  });

  it("is over with why the other end failed", async () => {
    const { source, target } = two();
    const heard = source.hear("ready", signal);
    target.say({ say: "failed", problem: new LodgeError("move.given_up", { guest: "web" }).toProblem() });
    await assert.rejects(heard, { code: "move.given_up" });
    assert.equal((source.broken.reason as LodgeError).code, "move.given_up");
    await assert.rejects(source.hear("came", signal), { code: "move.given_up" });
  });

  it("is over when the other end is gone, or says what is none of it", async () => {
    for (const end of ["gone", "strange", "out of order"] as const) {
      const { source, target, far } = two();
      const heard = source.hear("ready", signal);
      if (end === "gone") target.close();
      if (end === "strange") far.write("hello\n");
      if (end === "out of order") target.say({ say: "came" });
      await assert.rejects(heard, { code: "move.cut" }, end);
    }
  });

  it("arrives also where nothing more is said", async () => {
    const { source, target } = two();
    target.say({ say: "on" });
    target.finish();
    await source.hear("on", signal);
  });

  it("is not waited for once that is given up", async () => {
    const { source } = two();
    const given = new AbortController();
    const heard = source.hear("ready", given.signal);
    given.abort(new TypeError("enough"));
    await assert.rejects(heard, /enough/);
  });
});
