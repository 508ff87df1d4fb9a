/** Can somebody who has a desktop, and no role anywhere, come to it with a program of his own? */
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { after, before, describe, it } from "node:test";
import { DesktopWorld, type Page } from "../fakes/desktop-world.ts";
import { run, shows } from "./lodge.ts";

describe("one's own desktop, by lodge", () => {
  let world: DesktopWorld;
  let anna: Page;
  let env: Readonly<Record<string, string>>;
  before(async () => {
    world = await DesktopWorld.start();
    anna = await world.person("anna", "none");
    await world.policy({ ports: [22] });
    await world.connect(anna);
    env = await world.commandLine(anna);
  });
  after(() => world.close());

  it("shows its display, by the pool's name alone", async (t) => {
    const running = run(["viewer", "office", "--desktop"], { env });
    t.after(async () => {
      running.child.kill("SIGINT");
      await running.ended;
    });
    await shows(running, /vnc:\/\/127\.0\.0\.1:\d+\n/);
    for (let at = 0; at < 2; at++) {
      const socket = connect(Number(/127\.0\.0\.1:(\d+)/.exec(running.seen())![1]), "127.0.0.1");
      const [greeting] = (await once(socket, "data")) as [Buffer];
      assert.match(greeting.toString("latin1"), /^RFB 003\.008\n/);
      socket.destroy();
    }
  });

  it("opens no port that its pool's policy does not name, and no guest to who has no role there", async () => {
    const refused = await run(["tunnel", "office", "3389", "--desktop", "--stdio"], { env }).ended;
    assert.match(refused.stderr, /does not open port 3389/);
    const { desktop } = await world.connect(anna);
    const guest = await run(["tunnel", desktop.guest!, "22", "--stdio"], { env }).ended;
    assert.match(guest.stderr, /no guest/);
  });

  it("says that there is no such desktop for him", async () => {
    const { stderr } = await run(["viewer", "elsewhere", "--desktop"], { env }).ended;
    assert.match(stderr, /no desktop pool[^]*elsewhere|elsewhere[^]*pool/i);
  });
});
