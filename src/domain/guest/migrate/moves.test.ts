import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { hasCode } from "#contract/errors";
import { MemoryStore } from "#durable/store/memory";
import { guestKey, guestNameKey } from "../record.ts";
import { Moves, type MovesParts } from "./moves.ts";

describe("a move that is asked for", () => {
  it("is refused by post-copy, also where it is only looked at, and nothing begins", async () => {
    const store = new MemoryStore();
    const guest = { id: "g0123456789", name: "web", state: "running", project: "default" };
    await store.transact({
      put: [
        { key: guestKey(guest.id), value: guest },
        { key: guestNameKey("default", "web"), value: guest.id },
      ],
    });
    // Whatever else it asked for is not there.
    const moves = new Moves({ fleet: { parts: { store } } } as unknown as MovesParts);
    const refused = (error: unknown) => hasCode(error, "move.no_post_copy");
    await assert.rejects(moves.begin(guest.id, { to: "h2", postCopy: true }), refused);
    const { signal } = new AbortController();
    await assert.rejects(moves.check(guest.id, { to: "h2", postCopy: true }, signal), refused);
  });
});
