/**
 * Do keys, copied text, dropped files and the size of the window get to a desktop in a guest, and back? By a bare X server and SPICE's
 * agent, and a viewer written for this test. One guest for all.
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { TestLodge } from "../daemon.ts";
import { drop } from "./dropper.ts";
import { keyboardTests } from "./keyboard.ts";
import { XGuest } from "./x-guest.ts";

const sum = (text: string) => createHash("md5").update(text).digest("hex");

describe("a desktop in a guest", () => {
  let x: XGuest;
  let lodge: TestLodge;
  before(async () => {
    x = await XGuest.start({ listen: "127.0.0.1:0" });
    lodge = x.lodge;
  });
  after(() => x?.end());

  describe("has a keyboard, which", () => keyboardTests(() => x));

  const watch = (guest?: string, viewOnly?: boolean) => x.watch(guest, viewOnly);
  const inX = (script: string, guest?: string) => x.sh(script, guest);
  const pasted = (guest = "x") => inX("timeout 20 xclip -selection clipboard -o | md5sum", guest);
  /** Waits until what is pasted in the guest is this text: the agent needs a moment to know of an offer. */
  async function pastes(text: string, guest = "x"): Promise<void> {
    for (const end = performance.now() + 60_000; performance.now() < end; await delay(200))
      if ((await pasted(guest)).startsWith(sum(text))) return;
    const log = await lodge.sh(
      guest,
      "tail -20 /var/log/vdagent.out; journalctl -u spice-vdagentd | tail -5",
    );
    assert.fail(`'${text.slice(0, 40)}' was never pasted:\n${log}`);
  }
  const copy = (text: string, guest = "x") =>
    inX(`printf '${text}' | xclip -selection clipboard -i >/dev/null 2>&1`, guest);
  const set = (body: object) => lodge.client.call("guestUpdate", { params: { guest: "x" }, body });

  it("gets text that was copied elsewhere, when it is pasted and not before", async () => {
    const viewer = await watch();
    viewer.offer("Grüße\nvon hier ☺");
    await pastes("Grüße\nvon hier ☺");
    assert.equal(viewer.asked, 1);
    const long = "0123456789 äöü\n".repeat(58_000);
    viewer.offer(long);
    await pastes(long);
    viewer.socket.close();
  });

  it("gives text that was copied there, to whoever acted last", async () => {
    const [eyes, hands, other] = [await watch("x", true), await watch(), await watch()];
    other.press("a");
    hands.press("b");
    await copy("aus dem Gast äöü\\nzwei");
    await hands.until("the text", () => hands.copied.length === 1);
    assert.deepEqual(hands.copied, ["aus dem Gast äöü\nzwei"]);
    eyes.offer("from one who may only look");
    await inX("seq 1 140000 >/root/long; xclip -selection clipboard -i /root/long >/dev/null 2>&1");
    await hands.until("a long text", () => hands.copied.length === 2);
    assert.equal(sum(hands.copied[1]!), (await inX("md5sum </root/long")).split(" ")[0]);
    assert.deepEqual([eyes.copied, eyes.asked, other.copied], [[], 0, []]);
    for (const viewer of [eyes, hands, other]) viewer.socket.close();
  });

  it("gives and gets what its policy allows, from when on it is set", async () => {
    const viewer = await watch();
    viewer.press("c");
    await set({ clipboard: "out" });
    viewer.offer("not in");
    await copy("out");
    await viewer.until("the text", () => viewer.copied.join() === "out");
    await set({ clipboard: "in" });
    await copy("not out");
    viewer.offer("in");
    await pastes("in");
    assert.deepEqual(viewer.copied, ["out"]);
    await set({ clipboard: "both" });
    viewer.socket.close();
  });

  it("is as large as the window of whoever acted last", async () => {
    const [first, second] = [await watch(), await watch()];
    first.press("d");
    first.resize(1003, 700);
    await second.until("1000 × 700", () => second.picture.width === 1000 && second.picture.height === 700);
    assert.match(await inX("xrandr | head -1"), /current 1000 x 700/);
    second.resize(800, 600);
    await second.until("an answer", () => second.answers.length === 1);
    assert.deepEqual([first.answers, second.answers], [[4], [1]]);
    second.press("e");
    await first.until("800 × 600", () => first.picture.width === 800 && first.picture.height === 600);
    for (const viewer of [first, second]) viewer.socket.close();
  });

  it("has files that are dropped onto it, and without an agent there root has them", async () => {
    const content = Buffer.from(Array.from({ length: 3_000_000 }, (_, index) => index % 251));
    assert.equal(await drop(lodge.paths.socket, "x", "drei ä.bin", content), "end desktop");
    const sums = await inX('md5sum <"/root/drei ä.bin"');
    assert.ok(sums.startsWith(createHash("md5").update(content).digest("hex")), "the same content");
    await set({ fileDrop: false });
    assert.equal(await drop(lodge.paths.socket, "x", "no", content), "error console.drop_forbidden");
    await set({ fileDrop: true });
  });

  it("goes on with all that after the daemon was killed, a suspension, and in a branch", async () => {
    await lodge.restart("SIGKILL");
    const viewer = await watch();
    viewer.offer("after a kill");
    await pastes("after a kill");
    await lodge.done(lodge.client.call("guestSuspend", { params: { guest: "x" } }));
    await lodge.done(lodge.client.call("guestStart", { params: { guest: "x" } }));
    viewer.offer("after a suspension");
    await pastes("after a suspension");
    await lodge.done(
      lodge.client.call("guestFork", { params: { guest: "x" }, body: { count: 1, name: "y" } }),
    );
    const branch = await watch("y");
    branch.offer("in the branch");
    viewer.offer("in its parent");
    await pastes("in the branch", "y");
    await pastes("in its parent");
    branch.press("f");
    await copy("out of the branch", "y");
    await branch.until("the text", () => branch.copied.join() === "out of the branch");
    assert.deepEqual(viewer.copied, []);
    for (const each of [viewer, branch]) each.socket.close();
    await inX("pkill spice-vdagent; sleep 1", "y");
    assert.equal(await drop(lodge.paths.socket, "y", "late", Buffer.from("late")), "end /root");
    assert.equal(await inX("cat /root/late", "y"), "late");
  });
});
