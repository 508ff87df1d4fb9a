import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import { innerStream } from "#base/inner-stream";
import { SpiceAgent } from "#hypervisor/spice/spice-agent";
import { messageType, u32 } from "#hypervisor/spice/protocol";
import { until } from "../../../test/fakes/fake-daemon.ts";
import { FakeSpice } from "../../../test/fakes/fake-spice.ts";
import { Desktop } from "./desktop.ts";
import { FarDesktop, serveDesktop } from "./far-desktop.ts";
import { clipboardNotify, clipboardProvide, clipboardRequest } from "./rfb/cut-text.ts";
import type { Monitors } from "./screen-size.ts";
import { Seat } from "./seat.ts";

/** As a viewer says them: RFB's own messages begin with another number. */
const says = (message: Buffer) => Buffer.concat([Buffer.of(6), message.subarray(1)]);
/** Of monitors, the size of each. */
function wishesFor(...sizes: readonly (readonly [number, number])[]): Buffer {
  const message = Buffer.alloc(8 + 16 * sizes.length);
  message[0] = 251;
  message[6] = sizes.length;
  let x = 0;
  for (const [at, [width, height]] of sizes.entries()) {
    const place = 8 + 16 * at + 4;
    for (const [field, value] of [x, 0, width, height].entries())
      message.writeUInt16BE(value, place + 2 * field);
    x += width;
    message.writeUInt16BE(x, 2);
    message.writeUInt16BE(Math.max(height, message.readUInt16BE(4)), 4);
  }
  return message;
}

function wishes(width: number, height: number): Buffer {
  const message = Buffer.alloc(24);
  message[0] = 251;
  message.writeUInt16BE(width, 2);
  message.writeUInt16BE(height, 4);
  return message;
}

describe("those who may touch a guest", () => {
  let guest: FakeSpice;
  let agent: SpiceAgent;
  let desktop: Desktop;
  let now: number;
  let sent: Record<string, Buffer[]>;

  const sit = (name: string) => {
    sent[name] = [];
    const seat = new Seat(desktop, (bytes) => sent[name]!.push(bytes));
    seat.begin();
    return seat;
  };
  const heard = (name: string, message: Buffer) => sent[name]!.some((each) => each.equals(message));
  const sizes = () =>
    guest.heard
      .filter(({ type }) => type === messageType.monitors)
      .map(({ data }) => [data.readUInt32LE(12), data.readUInt32LE(8)].join("x"));
  const later = (by: number) => {
    now += by;
    desktop.tick();
  };

  beforeEach(async () => {
    guest = new FakeSpice();
    await guest.start();
    agent = new SpiceAgent(guest.path, 20);
    now = 1000;
    sent = {};
    desktop = new Desktop({ now: () => now, policy: () => Promise.resolve("both") });
    desktop.follow(agent);
    agent.open();
    await until(() => agent.answers);
  });
  afterEach(async () => {
    desktop.close();
    agent.close();
    await guest.close();
  });

  it("paste their text there, which goes over only then", async () => {
    const a = sit("a");
    await a.cutText(says(clipboardNotify(true)));
    await until(() => guest.count(messageType.grab) === 1);
    assert.equal(heard("a", clipboardRequest()), false);
    guest.paste();
    await until(() => heard("a", clipboardRequest()));
    await desktop.clipboard.give(a, "hallo");
    await until(() => guest.given.join() === "hallo");
  });

  it("are told of the guest's text where they acted last, and get it when they ask", async () => {
    const [a, b] = [sit("a"), sit("b")];
    a.acted();
    guest.copy("dort");
    await until(() => {
      later(25);
      return heard("a", clipboardNotify(true));
    });
    await b.cutText(says(clipboardRequest()));
    await a.cutText(says(clipboardRequest()));
    await until(() => sent["a"]!.length === 3);
    assert.equal(sent["b"]!.length, 1, "b got what all get at first");
    assert.equal(guest.count(messageType.request), 1);
  });

  it("have the desktop as large as their window, whoever acted last", async () => {
    const [a, b] = [sit("a"), sit("b")];
    assert.equal(a.wish(wishes(801, 600)), "agent");
    assert.equal(a.wish(wishes(900, 600)), "agent");
    later(200);
    await until(() => sizes().join() === "896x600");
    a.acted();
    assert.equal(b.wish(wishes(640, 480)), "refused");
    later(1000);
    b.acted();
    later(25);
    await until(() => sizes().join() === "896x600,640x480");
    // An agent that comes back, of a desktop that begins anew, is told again.
    guest.hangUp();
    await until(() => !agent.answers);
    await until(() => agent.answers);
    later(25);
    await until(() => sizes().length === 3);
  });

  it("have several monitors where its machine has room for them, one arrangement after the other", async () => {
    assert.equal(sit("a").wish(wishesFor([800, 600], [640, 480])), "refused");
    const made: string[] = [];
    const done: (() => void)[] = [];
    const arrange = (monitors: Monitors) => {
      made.push(monitors.map(({ width, height }) => `${width}x${height}`).join(" "));
      return new Promise<void>((resolve) => done.push(resolve));
    };
    const wide = new Desktop({
      now: () => now,
      policy: () => Promise.resolve("both"),
      monitors: { room: 2, arrange },
    });
    wide.follow(agent);
    const seat = new Seat(wide, () => undefined);
    const passes = () => {
      now += 200;
      wide.tick();
    };
    // Whoever was here before may have left several.
    seat.wish(wishes(800, 600));
    passes();
    await until(() => sizes().join() === "800x600");
    assert.deepEqual(made, ["800x600"]);
    for (const width of [640, 648, 656]) {
      assert.equal(seat.wish(wishesFor([800, 600], [width, 480])), "agent");
      passes();
    }
    assert.equal(seat.wish(wishesFor([1, 1], [1, 1], [1, 1])), "refused");
    assert.equal(made.length, 1, "none while one is under way");
    done.shift()!();
    await until(() => made.length === 2);
    assert.equal(made[1], "800x600 656x480");
    // Asked again before it is done.
    seat.wish(wishesFor([800, 600], [656, 480]));
    passes();
    done.shift()!();
    seat.wish(wishes(640, 480));
    passes();
    await until(() => made.length === 3 && sizes().length === 2);
    assert.equal(made[2], "640x480");
    done.shift()!();
    seat.wish(wishes(800, 480));
    passes();
    await until(() => sizes().length === 3);
    assert.equal(made.length, 3, "one monitor is the agent's alone");
    wide.close();
  });

  it("leave the size to the graphics card where no agent sets it", async () => {
    guest.abilities = [5];
    guest.hangUp();
    await until(() => guest.connections === 2 && agent.answers);
    assert.equal(sit("a").wish(wishes(800, 600)), "card");
    desktop.follow(undefined);
    assert.equal(sit("b").wish(wishes(800, 600)), "card");
  });

  it("have one clipboard with those on another host, and take what they copied to where the guest has gone", async () => {
    const a = sit("a");
    await a.cutText(says(clipboardNotify(true)));
    const left = new Desktop({ now: () => now, policy: () => Promise.resolve("both") });
    const far = new Seat(left, (bytes) => sent["far"]!.push(bytes));
    sent["far"] = [];
    far.begin();
    await far.cutText(says(clipboardNotify(true)));
    await until(() => guest.count(messageType.grab) === 1);
    const line = innerStream((stream) => serveDesktop(desktop, stream));
    far.move(new FarDesktop(line, () => far));
    await until(() => guest.count(messageType.grab) === 2);
    guest.paste();
    await until(() => heard("far", clipboardRequest()));
    assert.equal(heard("a", clipboardRequest()), false);
    await far.cutText(says(clipboardProvide("von fern")));
    await until(() => guest.given.join() === "von fern");
    far.acted();
    assert.equal(far.wish(wishes(801, 600)), "agent");
    guest.copy("dort");
    await until(() => {
      later(25);
      return heard("far", clipboardNotify(true)) && sizes().join() === "800x600";
    });
    await far.cutText(says(clipboardRequest()));
    await until(() => heard("far", clipboardProvide("dort")));
    assert.equal(heard("a", clipboardNotify(true)), false);
    far.leave();
    await until(() => line.destroyed);
    // And back.
    a.move(
      new FarDesktop(
        innerStream((stream) => serveDesktop(left, stream)),
        () => a,
      ),
    );
    a.move(desktop);
    await a.cutText(says(clipboardNotify(true)));
    guest.paste();
    await until(() => heard("a", clipboardRequest()));
  });

  it("take what they offered along when they go", async () => {
    const a = sit("a");
    await a.cutText(says(clipboardNotify(true)));
    a.leave();
    await until(() => guest.count(messageType.release) === 1);
    guest.paste();
    await until(() => guest.count(messageType.clipboard) === 1);
    assert.deepEqual(guest.heard.at(-1)!.data, u32(0, 1));
  });
});
