import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import fc from "fast-check";
import { until } from "../../../test/fakes/fake-daemon.ts";
import { FakeSpice } from "../../../test/fakes/fake-spice.ts";
import { longestClipboard } from "./message-reader.ts";
import { capability, messageType, u32, writeCapabilities } from "./protocol.ts";
import { SpiceAgent } from "./spice-agent.ts";

describe("SPICE's agent", () => {
  let guest: FakeSpice;
  let agent: SpiceAgent;
  let said: string[];

  beforeEach(async () => {
    guest = new FakeSpice();
    await guest.start();
    const words: string[] = [];
    said = words;
    const own = new SpiceAgent(guest.path, 20);
    agent = own;
    agent.listen({
      turned: () => words.push(own.answers ? "there" : "gone"),
      copied: (isText) => words.push(isText ? "copied" : "nothing"),
      wanted: () => words.push("wanted"),
      text: (text) => words.push(`text ${text}`),
      fileStatus: (id, result) => words.push(`file ${id} ${result}`),
    });
  });
  afterEach(async () => {
    agent.close();
    await guest.close();
  });
  const meet = async () => {
    agent.open();
    await until(() => agent.answers && guest.count(messageType.maxClipboard) === 1);
  };

  it("is there once it has said so, and is told how much text is taken", async () => {
    assert.equal(agent.answers, false);
    await meet();
    assert.deepEqual(said, ["there"]);
    assert.equal(guest.heard[0]!.data.readUInt32LE(0), longestClipboard);
    assert.deepEqual(
      [agent.can("monitors"), agent.can("lineEndCrlf"), agent.takesFiles],
      [true, false, true],
    );
  });

  it("takes a text that is offered when it asks, and gives one", async () => {
    await meet();
    agent.offer();
    await until(() => guest.count(messageType.grab) === 1);
    assert.deepEqual(guest.heard.at(-1)!.data, u32(0, 1));
    guest.paste();
    await until(() => said.includes("wanted"));
    agent.give("Grüße\r\nvon\rhier");
    await until(() => guest.given.length === 1);
    assert.deepEqual(guest.given, ["Grüße\nvon\nhier"]);
    guest.copy("von dort ☺");
    await until(() => said.includes("copied"));
    agent.ask();
    await until(() => said.includes("text von dort ☺"));
  });

  it("of Windows knows one clipboard, and ends lines and texts in its own way", async () => {
    guest.abilities = [capability.clipboard, capability.lineEndCrlf];
    agent.open();
    await until(() => agent.answers);
    agent.give("a\nb");
    await until(() => guest.count(messageType.clipboard) === 1);
    assert.deepEqual(guest.heard.at(-1)!.data, Buffer.concat([u32(1), Buffer.from("a\r\nb")]));
    guest.say(messageType.grab, u32(1));
    guest.say(messageType.clipboard, u32(1), Buffer.from("x\0"));
    await until(() => said.includes("text x"));
    assert.ok(said.includes("copied"));
  });

  it("is nobody's for what is merely marked, for pictures, and for text that is none", async () => {
    await meet();
    guest.say(messageType.grab, u32(1, 1));
    guest.say(messageType.grab, u32(0, 2));
    guest.say(messageType.request, u32(0, 2));
    guest.say(messageType.clipboard, u32(0, 1), Buffer.from([0xff, 0xfe]));
    guest.say(messageType.clipboard, u32(0, 2), Buffer.from("png"));
    guest.say(messageType.release, u32(0));
    await until(() => said.length === 5);
    assert.deepEqual(said, ["there", "nothing", "text undefined", "text undefined", "nothing"]);
    // A picture that it asked for does not come, and it is told so.
    await until(() => guest.count(messageType.clipboard) === 1);
    assert.deepEqual(guest.heard.at(-1)!.data, u32(0, 2));
  });

  it("may say any number of a grab, and is offered texts all the same", async () => {
    guest.abilities = [capability.clipboard, capability.selection, capability.grabSerial];
    agent.open();
    await until(() => agent.answers);
    guest.say(messageType.grab, u32(0, 0xffff_fffe, 1));
    await until(() => said.includes("copied"));
    agent.offer();
    agent.offer();
    await until(() => guest.count(messageType.grab) === 2);
    assert.deepEqual(
      guest.heard.map(({ data }) => data.readUInt32LE(4)),
      [0xffff_ffff, 0],
    );
  });

  it("that copies something just when it is offered a text has let go of its own", async () => {
    guest.abilities = [capability.clipboard, capability.selection, capability.grabSerial];
    agent.open();
    await until(() => agent.answers);
    agent.offer();
    await until(() => guest.count(messageType.grab) === 1);
    assert.deepEqual(guest.heard.at(-1)!.data, u32(0, 0, 1));
    // It has not yet heard of that.
    guest.say(messageType.grab, u32(0, 0, 1));
    guest.say(messageType.grab, u32(0, 1, 1));
    guest.say(messageType.release, u32(0));
    await until(() => said.includes("nothing"));
    assert.deepEqual(said, ["there", "copied", "nothing"]);
    agent.offer();
    await until(() => guest.count(messageType.grab) === 2);
    assert.deepEqual(guest.heard.at(-1)!.data, u32(0, 2, 1));
  });

  it("is gone with its connection, and comes back with the next", async () => {
    await meet();
    guest.hangUp();
    await until(() => said.includes("gone"));
    assert.equal(agent.can("monitors"), false);
    agent.offer();
    await until(() => agent.answers);
    assert.equal(guest.count(messageType.grab), 0, "what it was told while it was away is not told later");
  });

  it("is spoken to anew where what it says makes no sense, and after its port was closed", async () => {
    await meet();
    guest.raw(Buffer.alloc(64, 0x77));
    await until(() => guest.connections === 2 && agent.answers);
    agent.portTurned(false);
    await until(() => guest.connections === 3 && agent.answers);
  });

  it("is greeted again where another one opens its port: the greeting before may have been lost", async () => {
    const { abilities } = guest;
    guest.abilities = undefined;
    agent.open();
    await until(() => guest.greetings === 1);
    guest.abilities = abilities;
    agent.portTurned(true);
    await until(() => agent.answers);
    assert.deepEqual([guest.greetings, guest.connections], [2, 1]);
  });

  it("that never reads is not written to for ever", async () => {
    guest.abilities = undefined;
    agent.open();
    await until(() => guest.connections === 1);
    guest.say(messageType.capabilities, writeCapabilities([capability.clipboard], false));
    await until(() => agent.answers);
    const pause = guest.stopReading();
    for (let count = 0; count < 64; count++) agent.give("x".repeat(longestClipboard));
    assert.ok(agent.isFull);
    pause();
    await until(() => !agent.isFull);
    assert.ok(guest.given.length < 64);
  });

  it("may say anything at any time", async () => {
    agent.open();
    const message = fc.tuple(fc.nat(16), fc.uint8Array({ maxLength: 64 }));
    await fc.assert(
      fc.asyncProperty(fc.array(message, { maxLength: 20 }), async (messages) => {
        await until(() => agent.answers);
        for (const [type, data] of messages) guest.say(type, data);
        const before = said.filter((each) => each === "text end").length;
        guest.say(messageType.capabilities, writeCapabilities([capability.selection], false));
        guest.say(messageType.clipboard, u32(0, 1), Buffer.from("end"));
        await until(() => said.filter((each) => each === "text end").length > before);
        assert.equal(guest.connections, 1);
      }),
      { numRuns: 50 },
    );
  });
});
