import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { describe, it } from "node:test";
import { LodgeError } from "#contract/errors";
import type { LiveGuest } from "./live.ts";
import { shutDown } from "./stop.ts";

/** A guest that was asked to shut down, and what becomes of it then. */
function asked({ signal = new AbortController().signal, onAsked = () => {} } = {}) {
  const events = new EventEmitter();
  const end = Promise.withResolvers<void>();
  const shutdown = Promise.withResolvers<void>();
  const live = {
    stuck: undefined as LiveGuest["stuck"],
    status: async () => "running",
    inside: {
      shutdown: async () => {
        onAsked();
        shutdown.resolve();
      },
    },
    ended: end.promise,
    monitor: {
      execute: async (command: string) =>
        command === "query-status"
          ? { status: live.stuck ? "io-error" : "running" }
          : [{ "io-status": "nospace", inserted: { file: "/disk" } }],
      nextEvent: async (matches: (event: object) => boolean, signal: AbortSignal) => {
        for (;;) {
          const [event] = (await once(events, "event", { signal })) as [object];
          if (matches(event)) return event;
        }
      },
    },
  };
  const emit = (event: string) => void events.emit("event", { event });
  const gone = () => void events.emit("error", new LodgeError("host.qemu_gone"));
  const down = shutDown(live as unknown as LiveGuest, "g", 600, signal);
  down.catch(() => undefined);
  return {
    live,
    end,
    emit,
    gone,
    down,
    under: shutdown.promise,
    listening: () => events.listenerCount("event"),
  };
}

describe("a guest that was asked to shut down", () => {
  it("is waited for, though its connection ends before it", async () => {
    const { end, gone, down, under } = asked();
    await under;
    await new Promise((resolve) => setImmediate(resolve));
    gone();
    await new Promise((resolve) => setImmediate(resolve));
    end.resolve();
    await down;
  });

  it("is waited for no longer once that is called off, be it while it is being asked", async () => {
    const stop = new AbortController();
    const { down, listening } = asked({ signal: stop.signal, onAsked: () => stop.abort(new Error("off")) });
    await assert.rejects(down, { message: "off" });
    assert.equal(listening(), 0);
  });

  it("is waited for no longer once what it writes halts it, but while it is merely paused", async () => {
    const { live, emit, down, under, listening } = asked();
    await under;
    await new Promise((resolve) => setImmediate(resolve));
    emit("STOP");
    while (listening() === 0) await new Promise((resolve) => setImmediate(resolve));
    live.stuck = {};
    emit("STOP");
    await assert.rejects(down, { code: "guest.no_space" });
    assert.equal(listening(), 0);
  });
});
