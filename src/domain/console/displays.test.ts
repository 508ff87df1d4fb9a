import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { hasCode } from "#contract/errors";
import { systemClock } from "#base/clock";
import { silentLog } from "#base/log";
import { connectOwn } from "#base/own-socket";
import { MemoryStore } from "#durable/store/memory";
import { put } from "#durable/store/update";
import { FakeVnc } from "../../../test/fakes/fake-vnc.ts";
import type { Fleet } from "../guest/fleet.ts";
import { guestPlace } from "../guest/place.ts";
import { guestKey } from "../guest/record.ts";
import { Displays } from "./displays.ts";

test("a ticket opens the picture while its user's files are coming, and no port, by which others would be saved", async () => {
  const folder = await mkdtemp(join(tmpdir(), "lodge-displays-"));
  try {
    const places = { guests: folder, layers: folder, images: folder, templates: folder, run: folder };
    const { display } = guestPlace(places, "g1");
    await mkdir(dirname(display), { recursive: true });
    await writeFile(display, "");
    const store = new MemoryStore();
    await put(store, guestKey("g1"), { id: "g1", name: "office", state: "running" });
    const fleet = { parts: { places } } as unknown as Fleet;
    const displays = new Displays({ store, fleet, clock: systemClock, log: silentLog });
    const uses = ["display", "port"] as const;
    const ask = () =>
      displays.issue("g1", {
        ...{ holder: "user:u1", user: "ann", viewOnly: false, ports: [22] },
        desktop: { id: "dt1", shadow: false, power: true, uses },
        obstacle: async () => undefined,
      });
    const open = async (use: (typeof uses)[number]) => {
      const { ticket } = await ask();
      return displays.redeem("g1", { ticket, use, holder: "user:u1", admit: async () => undefined });
    };
    displays.hands.hold("g1");
    await assert.rejects(open("port"), (error) => hasCode(error, "desktop.not_ready"));
    assert.equal((await open("display")).user, "ann");
    displays.hands.free("g1");
    assert.deepEqual((await open("port")).ports, [22]);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("a desktop's viewer is not led along where the guest has gone, and is told to come anew", async () => {
  const folder = await mkdtemp(join(tmpdir(), "lodge-displays-"));
  const there = new FakeVnc(join(folder, "display"));
  await there.start();
  try {
    const farEnd = async (guest: string) => (guest === "g1" ? connectOwn(there.path) : undefined);
    const store = new MemoryStore();
    const fleet = { parts: { store, farEnd }, get: () => undefined } as unknown as Fleet;
    const displays = new Displays({ store, fleet, clock: systemClock, log: silentLog });
    const { signal } = new AbortController();
    (await displays.nextQemu("g1", signal)).close();
    const anew = displays.nextQemu("g1", signal, { follows: false });
    await assert.rejects(anew, (error) => hasCode(error, "desktop.not_ready"));
    const gone = displays.nextQemu("g2", signal, { follows: false });
    await assert.rejects(gone, (error) => hasCode(error, "guest.not_found"));
  } finally {
    await there.close();
    await rm(folder, { recursive: true });
  }
});
