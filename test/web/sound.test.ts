/** Is what a guest plays heard in the browser, from a click on, at its pitch? By a tone, and an analyser beside the loudspeaker. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { furnish } from "../fakes/furnish.ts";
import { FakeVnc } from "../fakes/fake-vnc.ts";
import { Visit } from "./browser.ts";

const hertz = 1000;
const rate = 48_000;

/** Whatever goes to the loudspeaker goes to an analyser too. */
const spy = `
  const connect = AudioNode.prototype.connect;
  AudioNode.prototype.connect = function (to, ...rest) {
    if (to instanceof AudioDestinationNode) {
      const analyser = new AnalyserNode(this.context, { fftSize: 8192 });
      connect.call(this, analyser);
      globalThis.heard = () => {
        const bins = new Float32Array(analyser.frequencyBinCount);
        analyser.getFloatFrequencyData(bins);
        const loudest = bins.indexOf(Math.max(...bins));
        return [loudest * this.context.sampleRate / analyser.fftSize, bins[loudest]];
      };
    }
    return connect.call(this, to, ...rest);
  };
`;

describe("a guest's sound in the browser", () => {
  let visit: Visit;
  let qemu: FakeVnc;
  let player: NodeJS.Timeout;
  before(async () => {
    visit = await Visit.begin();
    await furnish(visit.daemon.client);
    const body = { image: "debian-13", name: "radio", sound: true, cold: true, network: [] };
    const { client } = visit.daemon;
    await client.waitFor(await client.call("guestCreate", { body }));
    const { id } = await client.call("guestGet", { params: { guest: "radio" } });
    qemu = new FakeVnc(join(visit.daemon.paths.run, id, "display"));
    await qemu.start();
    await visit.signUp();
  });
  after(async () => {
    clearInterval(player);
    await visit.end();
    await qemu.close();
  });

  /** Plays a tone as long as time has passed, in pieces. */
  function play(): void {
    const begun = performance.now();
    let played = 0;
    player = setInterval(() => {
      const due = Math.floor(((performance.now() - begun) * rate) / 1000);
      const data = Buffer.alloc((due - played) * 4);
      for (let frame = 0; frame < due - played; frame++) {
        const value = Math.round(12_000 * Math.sin((2 * Math.PI * hertz * (played + frame)) / rate));
        data.writeInt16LE(value, frame * 4);
        data.writeInt16LE(value, frame * 4 + 2);
      }
      played = due;
      qemu.sound(data);
    }, 20);
  }

  const heard = () => visit.page.evaluate<[number, number] | undefined>("globalThis.heard?.()");

  it("is heard from a click on, at its pitch, and no more after another", async () => {
    await visit.page.addInitScript(spy);
    await visit.open("/guests/radio/console");
    const listen = visit.page.getByRole("button", { name: "Listen" });
    await listen.waitFor();
    assert.equal(await heard(), undefined);
    await listen.click();
    while (!qemu.hears) await visit.page.evaluate("new Promise(requestAnimationFrame)");
    play();
    const end = performance.now() + 20_000;
    for (;;) {
      const [pitch, loudness] = (await heard()) ?? [0, -Infinity];
      if (loudness > -30 && Math.abs(pitch - hertz) < 20) break;
      assert.ok(performance.now() < end, `${pitch} Hz at ${loudness} dB`);
      await visit.page.evaluate("new Promise(requestAnimationFrame)");
    }
    await visit.page.getByRole("button", { name: "Mute" }).click();
    await listen.waitFor();
    while (qemu.hears) await visit.page.evaluate("new Promise(requestAnimationFrame)");
    assert.deepEqual(visit.complaints, []);
  });

  it("has no button where there is no sound card", async () => {
    await visit.open("/guests/web-1/console");
    await visit.page.getByText("cannot be watched").waitFor();
    assert.equal(await visit.page.getByRole("button", { name: "Listen" }).count(), 0);
  });
});
