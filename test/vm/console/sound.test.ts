/** Is what a guest plays heard as it is, by several, and over its restart? By the speaker of a PC, and a tone that is known. */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { WebSocket } from "ws";
import { tone } from "../boot-sector.ts";
import { MiB, TestLodge } from "../daemon.ts";

const hertz = 440;
const rate = 48_000;

/** Somebody who listens, and keeps the left channel. */
class Ear {
  readonly socket: WebSocket;
  readonly closed: Promise<string>;
  samples: number[] = [];
  #wake: () => void = () => undefined;

  constructor(socketPath: string, path: string) {
    const through = { createConnection: () => connect(socketPath), perMessageDeflate: false };
    this.socket = new WebSocket(`ws://lodge${path}`, ["binary"], through as never);
    this.socket.on("message", (data: Buffer) => {
      for (let at = 0; at < data.length; at += 4) this.samples.push(data.readInt16LE(at));
      this.#wake();
    });
    this.socket.on("error", () => undefined);
    this.closed = new Promise((resolve) =>
      this.socket.on("close", (code, reason) => resolve(`${code} ${reason.toString()}`)),
    );
  }

  /** Hertz of the next second in which something is heard. */
  async pitch(): Promise<number> {
    this.samples = [];
    const loud = () => this.samples.findIndex((sample) => Math.abs(sample) > 1000);
    const end = performance.now() + 60_000;
    while (loud() < 0 || this.samples.length - loud() < rate) {
      assert.equal(this.socket.readyState, WebSocket.OPEN, "it is still open");
      assert.ok(performance.now() < end, `heard ${this.samples.length} samples, and nothing loud in them`);
      const timer = setTimeout(() => this.#wake(), 1000);
      await new Promise<void>((resolve) => (this.#wake = resolve));
      clearTimeout(timer);
    }
    const second = this.samples.slice(loud(), loud() + rate);
    const middle = (Math.max(...second) + Math.min(...second)) / 2;
    return second.filter((sample, index) => index > 0 && sample > middle && second[index - 1]! <= middle)
      .length;
  }
}

describe("a guest's sound", () => {
  let lodge: TestLodge;
  before(async () => {
    lodge = await TestLodge.start();
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
