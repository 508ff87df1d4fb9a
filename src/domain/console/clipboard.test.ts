import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import type { ClipboardPolicy } from "#contract/schema/guest";
import type { SpiceAgent } from "#hypervisor/spice/spice-agent";
import { Clipboard, type ClipboardViewer } from "./clipboard.ts";

describe("the clipboard of a guest and those who watch it", () => {
  let said: string[];
  let policy: ClipboardPolicy;
  let clipboard: Clipboard;
  let now: number;

  const viewer = (name: string): ClipboardViewer => ({
    notify: (hasText) => said.push(`${name} is told of ${hasText ? "a text" : "nothing"}`),
    request: () => said.push(`${name} is asked`),
    provide: (text) => said.push(`${name} gets ${text}`),
  });
  const agent = {
    offer: () => said.push("guest is offered"),
    withdraw: () => said.push("guest is offered no more"),
    give: (text: string | undefined) => said.push(`guest gets ${text}`),
    ask: () => said.push("guest is asked"),
  } as unknown as SpiceAgent;
  const [a, b] = [viewer("a"), viewer("b")];
  const tick = () => clipboard.tick((now += 250));

  beforeEach(() => {
    said = [];
    policy = "both";
    now = 1000;
    clipboard = new Clipboard(() => Promise.resolve(policy));
    clipboard.follow(agent);
  });

  it("brings a viewer's text into the guest when it is pasted there, asked for once", async () => {
    await clipboard.offer(a);
    assert.deepEqual(said, ["guest is offered"]);
    clipboard.wanted();
    clipboard.wanted();
    await clipboard.give(a, "text");
    clipboard.wanted();
    assert.deepEqual(said, ["guest is offered", "a is asked", "guest gets text", "guest gets text"]);
  });

  it("is a viewer's still where the guest pastes it, though it told late of what was copied before", async () => {
    await clipboard.offer(a);
    clipboard.copied(true);
    clipboard.wanted();
    await clipboard.give(a, "text");
    clipboard.copied(true);
    clipboard.withdraw(a);
    clipboard.wanted();
    assert.deepEqual(said, ["guest is offered", "a is asked", "guest gets text", "guest gets undefined"]);
  });

  it("takes no text that nobody asked for, and none of another viewer than the one that offered", async () => {
    await clipboard.offer(a);
    await clipboard.give(a, "early");
    clipboard.wanted();
    await clipboard.give(b, "foreign");
    assert.deepEqual(said, ["guest is offered", "a is asked"]);
  });

  it("brings the guest's text to the viewer that acted last, and to no other", async () => {
    clipboard.acted(b);
    clipboard.acted(a);
    clipboard.copied(true);
    await tick();
    await clipboard.want(b);
    clipboard.peek(b);
    await clipboard.want(a);
    clipboard.text("text");
    clipboard.text("unasked");
    assert.deepEqual(said, ["a is told of a text", "b is told of nothing", "guest is asked", "a gets text"]);
  });

  it("tells a viewer four times a second at most, however often the guest copies", async () => {
    clipboard.acted(a);
    for (let count = 0; count < 10; count++) {
      clipboard.copied(true);
      await clipboard.tick(now + count * 25);
    }
    await tick();
    assert.deepEqual(said, ["a is told of a text", "a is told of a text"]);
  });

  it("goes one way, the other, or none, as the guest's policy says when it matters", async () => {
    clipboard.acted(a);
    policy = "out";
    await clipboard.offer(a);
    clipboard.wanted();
    clipboard.copied(true);
    await tick();
    policy = "none";
    await clipboard.want(a);
    policy = "in";
    clipboard.copied(true);
    await tick();
    await clipboard.offer(a);
    clipboard.wanted();
    policy = "none";
    await clipboard.give(a, "late");
    assert.deepEqual(said, [
      "guest gets undefined",
      "a is told of a text",
      "guest is offered",
      "a is asked",
      "guest gets undefined",
    ]);
  });

  it("forgets a text with the viewer that has it", async () => {
    await clipboard.offer(a, "text");
    clipboard.leave(b);
    clipboard.leave(a);
    clipboard.wanted();
    assert.deepEqual(said, ["guest is offered", "guest is offered no more", "guest gets undefined"]);
  });

  it("takes nothing of a viewer that went while its offer was looked at", async () => {
    const offered = clipboard.offer(a);
    clipboard.leave(a);
    await offered;
    clipboard.wanted();
    assert.deepEqual(said, ["guest gets undefined"]);
  });

  it("gives the guest's text to nobody after its viewer has gone", async () => {
    clipboard.acted(a);
    clipboard.copied(true);
    await tick();
    await clipboard.want(a);
    clipboard.leave(a);
    clipboard.text("text");
    assert.deepEqual(said, ["a is told of a text", "guest is asked"]);
  });

  it("is offered to an agent that comes, and knows nothing of what one had that has gone", async () => {
    clipboard.follow(undefined);
    await clipboard.offer(a, "text");
    clipboard.follow(agent);
    clipboard.wanted();
    clipboard.copied(true);
    clipboard.follow(agent);
    await clipboard.want(a);
    assert.deepEqual(said, ["guest is offered", "guest gets text"]);
  });

  it("stays with the viewer where the guest lets go of it", async () => {
    await clipboard.offer(a, "text");
    clipboard.copied(false);
    clipboard.wanted();
    assert.deepEqual(said, ["guest is offered", "guest gets text"]);
  });
});
