/** Is what a guest plays heard as it is, by several, and over its restart? By the speaker of a PC, and a tone that is known. */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { tone } from "../boot-sector.ts";
import { MiB, TestLodge } from "../daemon.ts";
import { Ear } from "./ear.ts";

const hertz = 440;

describe("a guest's sound", () => {
  let lodge: TestLodge;
  before(async () => {
    lodge = await TestLodge.start(undefined, { parked: false });
    const path = join(lodge.home, "tone.img");
    await writeFile(path, tone(hertz));
    await lodge.done(lodge.client.call("imageImport", { body: { path, name: "tone", agent: "none" } }));
    for (const [name, sound] of [
      ["loud", true],
      ["mute", false],
    ] as const) {
      const body = { image: "tone", name, memory: 32 * MiB, network: [], sound };
      await lodge.done(lodge.client.call("guestCreate", { body }));
    }
  });
  after(() => lodge?.[Symbol.asyncDispose]());

  const listen = async (guest: string) => {
    const { ticket } = await lodge.client.call("guestDisplayTicket", {
      params: { guest },
      body: { viewOnly: true },
    });
    return new Ear(lodge.paths.socket, `/v1/guests/${guest}/sound?ticket=${ticket}`);
  };
  const isTheTone = (pitch: number) => assert.ok(Math.abs(pitch - hertz) < hertz / 50, `${pitch} Hz`);

  it("is the tone that it plays, for whoever listens, and again after it was stopped and suspended", async () => {
    const [one, two] = [await listen("loud"), await listen("loud")];
    isTheTone(await one.pitch());
    isTheTone(await two.pitch());
    two.socket.close();
    const act = (name: "guestStart" | "guestSuspend") =>
      lodge.done(lodge.client.call(name, { params: { guest: "loud" } }));
    await lodge.done(lodge.client.call("guestStop", { params: { guest: "loud" }, body: { force: true } }));
    await act("guestStart");
    isTheTone(await one.pitch());
    await act("guestSuspend");
    await act("guestStart");
    isTheTone(await one.pitch());
    await lodge.remove("loud");
    assert.equal(await one.closed, "1000 guest.not_found");
  });

  it("is none of a guest that was made without", async () => {
    const ear = await listen("mute");
    assert.equal(await ear.closed, "1008 console.no_sound");
  });
});
