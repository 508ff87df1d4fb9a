import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Clock } from "#base/clock";
import { Room } from "./room.ts";

/** A host of two processors that takes so many of them all the time; its clock goes on when somebody sleeps. */
function host(taken: (now: number) => number) {
  let [now, cpuSeconds] = [1_000_000, 0];
  const clock: Clock = {
    now: () => now,
    monotonic: () => now,
    async sleep(ms) {
      for (const end = now + ms; now < end; now += 100) cpuSeconds += taken(now - 1_000_000) / 10;
    },
  };
  const room = new Room({ clock, usage: async () => ({ cpuSeconds, cpus: 2 }) });
  return { room, clock, waits: () => now - 1_000_000 };
}

const { signal } = new AbortController();

describe("room for a standby", () => {
  it("is there at once where nobody has just come, however busy the host is", async () => {
    const { room, waits } = host(() => 2);
    await room.awaited(signal);
    assert.equal(waits(), 0);
  });

  it("is there after somebody came as soon as a processor has nothing to do", async () => {
    const { room, waits } = host((now) => (now < 9_000 ? 1.5 : 0.2));
    room.taken();
    await room.awaited(signal);
    assert.equal(waits(), 12_000);
  });

  it("is there twenty seconds after the last one came", async () => {
    const { room, waits } = host(() => 2);
    room.taken();
    await room.awaited(signal);
    assert.equal(waits(), 21_000);
  });

  it("is not waited for longer than that, where they come without end", async () => {
    const { room, waits } = host((now) => {
      if (now % 1_000 === 0) room.taken();
      return 2;
    });
    room.taken();
    await room.awaited(signal);
    assert.equal(waits(), 21_000);
  });
});
