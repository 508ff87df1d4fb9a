import assert from "node:assert/strict";
import { it } from "node:test";
import type { Guest } from "#contract/schema/guest";
import { MemoryStore } from "#durable/store/memory";
import { Desktops, type DesktopsParts } from "./desktops.ts";
import { desktopKey, desktopPoolKey } from "./record.ts";

it("desktops are listed with who watches them, as their hosts say; of one that does not, that is not known", async () => {
  const store = new MemoryStore();
  const hosts = { g1: "one", g2: "two", g3: "three", g4: "four" };
  await store.transact({
    put: [
      { key: desktopPoolKey("dp1"), value: { id: "dp1", name: "office" } },
      ...Object.keys(hosts).map((guest, at) => ({
        key: desktopKey(`dt${at + 1}`),
        value: { id: `dt${at + 1}`, pool: "dp1", project: "default", userName: "ann", guest },
      })),
    ],
  });
  const who = { id: "w1", user: "ann", shadow: false, control: true, roundTrip: 12 };
  const since = "2026-01-02T03:04:05.000Z";
  const asked: string[] = [];
  const parts: Partial<DesktopsParts> = {
    store,
    marked: async () =>
      Object.entries(hosts).map(([id, host]) => ({ id, name: id, host, state: "running" }) as Guest),
    away: (host) => (host === "four" ? { host, since } : undefined),
    elsewhere: {
      isElsewhere: (host): host is string => host !== undefined && host !== "one",
      async of(names) {
        asked.push(...names);
        return new Map([["dt2", { viewers: [{ ...who, since }], lastInputAt: since }]]);
      },
    },
    use: {
      of: (guest) => (guest === "g1" ? [{ ...who, user: "bob", since: 0 }] : []),
      lastInput: () => undefined,
      onChange: () => () => undefined,
      end: () => undefined,
    },
    homeOf: () => undefined,
    recordingOf: () => undefined,
  };
  const desktops = new Desktops(parts as DesktopsParts);
  const shown = await desktops.list({});
  assert.deepEqual(
    shown.map(({ id, state, viewers, unheard, lastInputAt, lost }) => [
      id,
      state,
      unheard ?? viewers.map(({ user, roundTrip }) => `${user} ${roundTrip}`).join(),
      lastInputAt ?? lost?.since,
    ]),
    [
      ["dt1", "ready", "bob 12", undefined],
      ["dt2", "ready", "ann 12", since],
      ["dt3", "ready", true, undefined],
      ["dt4", "lost", true, since],
    ],
  );
  assert.deepEqual(asked.toSorted(), ["four", "three", "two"]);
});
