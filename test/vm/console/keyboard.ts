/**
 * A part of desktop.test.ts: does what is typed reach a program in a guest's desktop, as its own keyboard layout has it?
 * The X server of Lodge's desktops with its usual driver, and their terminal in it; keys by the test's own viewer, and by
 * Chromium on the page.
 */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { ensureWeb } from "../../../tools/web.ts";
import { startChromium, type Browser } from "../../web/chromium.ts";
import type { Page } from "playwright-core";
import type { Viewer } from "./viewer.ts";
import type { XGuest } from "./x-guest.ts";

/** Places of keys: XT's scan codes, 0x80 for those that came with a 0xe0 before. */
const place = { enter: 0x1c, shift: 0x2a, control: 0x1d, altGr: 0xb8, caps: 0x3a, keypad7: 0x47 };
/** What a US keyboard has at their places. */
const us = { a: 0x1e, b: 0x30, q: 0x10, u: 0x16, y: 0x15, minus: 0x0c, seven: 0x08 };
/** Bits of QEMU's message about the lights. */
const light = { num: 2, caps: 4 };

/** The keys that the kernel takes for held, of all keyboards: EVIOCGKEY (linux/input.h). */
const heldKeys = `perl -e 'for (glob "/dev/input/event*") {
  open(my $device, "<", $_) or next;
  my $keys = "\\0" x 96;
  ioctl($device, 0x80604518, $keys) or next;
  push @held, grep { vec($keys, $_, 1) } 0 .. 767;
}
print "@held"'`;

/** `guest`: one whose Lodge has a page as well. */
export function keyboardTests(guest: () => XGuest): void {
  let x: XGuest;
  let viewer: Viewer;
  before(async () => {
    x = guest();
    await x.sh(
      "export LANG=C.UTF-8; setsid xfce4-terminal --disable-server --geometry=250x80+0+0 -x sh -c 'cat >/root/typed' >/dev/null 2>&1 </dev/null &",
    );
    viewer = await x.watch("x", false, { encodings: [7, -223, -308, -261] });
    await viewer.until("a program that hears keys", async () => {
      viewer.pressAt(place.enter);
      return (await x.sh("if [ -s /root/typed ]; then echo it; fi")) === "it";
    });
  });
  after(() => viewer?.socket.close());

  const typed = () => x.sh("tail -n 1 /root/typed");
  /**
   * Ends the line, and waits until it is this one. No line takes more than the 16 bytes that a PS/2 keyboard keeps: of what
   * comes while those wait for a slow guest QEMU drops some.
   */
  const reads = async (line: string) => {
    viewer.pressAt(place.enter);
    await viewer.until(line, async () => (await typed()) === line);
  };

  it("is of the layout that the guest has", async () => {
    viewer.pressAt(us.y);
    viewer.pressAt(us.minus);
    await reads("y-");
    await x.sh("setxkbmap de");
    viewer.pressAt(us.y);
    viewer.pressAt(us.minus);
    await reads("zß");
  });

  it("has Shift, AltGr and Ctrl, held while another key is pressed", async () => {
    viewer.pressAt(place.shift, us.a);
    await reads("A");
    viewer.pressAt(place.altGr, us.q);
    await reads("@");
    viewer.pressAt(place.shift, us.seven);
    viewer.pressAt(us.a);
    await reads("/a");
    viewer.pressAt(us.b);
    // The terminal rubs the line out.
    viewer.pressAt(place.control, us.u);
    viewer.pressAt(us.q);
    await reads("q");
  });

  it("tells of its Caps Lock and Num Lock, and follows those of a viewer that does not hear of them", async () => {
    const deaf = await x.watch();
    const press = (at: number, keysym: number) => {
      for (const down of [true, false]) deaf.hold(at, keysym, down);
    };
    viewer.pressAt(place.caps);
    await viewer.until("a light", () => viewer.lights === light.caps);
    viewer.pressAt(us.a);
    await reads("A");
    // A small letter without Shift: Caps Lock is off there.
    press(us.b, 0x62);
    await viewer.until("no light", () => viewer.lights === 0);
    viewer.pressAt(us.a);
    await reads("ba");
    press(place.keypad7, 0xffb7);
    await viewer.until("another light", () => viewer.lights === light.num);
    await reads("7");
    deaf.socket.close();
  });

  it("lets go of what a viewer held whose connection broke", async () => {
    const other = await x.watch();
    other.hold(place.shift);
    other.hold(us.a);
    await viewer.until("two keys held", async () => (await x.sh(heldKeys)) === "30 42");
    other.socket.terminate();
    await viewer.until("none held", async () => (await x.sh(heldKeys)) === "");
    viewer.pressAt(place.control, us.u);
    viewer.pressAt(us.b);
    await reads("b");
  });

  it("lets go of what a viewer held whose network broke off, and of nothing else", async () => {
    const silent = await x.watch();
    viewer.hold(place.shift);
    silent.hold(us.a);
    await viewer.until("two keys held", async () => (await x.sh(heldKeys)) === "30 42");
    // It answers nothing any more, and its connection stays.
    silent.socket.pause();
    await viewer.until("one key held", async () => (await x.sh(heldKeys)) === "42");
    viewer.hold(place.shift, 0, false);
    await viewer.until("none held", async () => (await x.sh(heldKeys)) === "");
    viewer.pressAt(place.control, us.u);
    viewer.pressAt(us.b);
    await reads("b");
    silent.socket.terminate();
  });

  describe("in Chromium, of somebody who came by the printed link", () => {
    let browser: Browser;
    let page: Page;
    before(async () => {
      await ensureWeb();
      browser = await startChromium({ viewport: { width: 1280, height: 900 }, locale: "en-GB" });
      browser.context.setDefaultTimeout(60_000);
      page = browser.context.pages()[0]!;
      const { urls } = await x.lodge.client.call("signInLink");
      await page.goto(urls[0]!);
      await page.locator("input[name=username]").fill("ops");
      await page.locator("input[name=new-password]").fill("correct horse battery");
      await page.locator("input[name=new-password-again]").fill("correct horse battery");
      await page.getByRole("button", { name: "Begin" }).click();
      await page.getByRole("heading", { name: "Guests" }).waitFor();
      await page.goto(`${new URL(urls[0]!).origin}/guests/x/console`);
      await page.getByText("connected").waitFor();
    });
    after(() => browser?.end());
    const canvas = () => page.getByRole("application", { name: "Display" }).locator("canvas");

    it("types what is on the keys of a German keyboard", async () => {
      await canvas().click();
      const session = await browser.context.newCDPSession(page);
      const key = async (code: string, says: string, held = async () => {}) => {
        const text = says.length === 1 ? { text: says } : {};
        await session.send("Input.dispatchKeyEvent", { type: "keyDown", code, key: says, ...text });
        await held();
        await session.send("Input.dispatchKeyEvent", { type: "keyUp", code, key: says });
      };
      await key("ShiftLeft", "Shift", () => key("KeyZ", "Y"));
      await key("KeyY", "z");
      await key("Minus", "ß");
      await key("BracketLeft", "ü");
      await key("AltRight", "AltGraph", () => key("KeyQ", "@"));
      await key("AltRight", "AltGraph", () => key("IntlBackslash", "|"));
      await key("KeyL", "l", async () => key("KeyO", "o"));
      // By the same keyboard: what two viewers type comes in any order.
      await key("Enter", "Enter");
      await viewer.until("the line", async () => (await typed()) === "Yzßü@|lo");
    });

    it("types a text that it is given, and says what the layout has not", async () => {
      const text = "Zß^`@€|~{[]}\\";
      await page.getByRole("button", { name: "Type a text" }).click();
      const box = page.getByRole("dialog");
      await box.getByLabel("Type a text").fill(`${text}é☺\n`);
      await box.getByLabel("The guest's keyboard").first().click();
      await page.getByRole("option", { name: "Deutsch" }).click();
      await box.getByRole("button", { name: "Type it" }).click();
      await box.getByText("This keyboard has no key for: é☺").waitFor();
      assert.equal(await box.getByLabel("Type a text").inputValue(), "é☺");
      await viewer.until("the text", async () => (await typed()) === text);
    });

    it("lets go of what was held when the page is closed", async () => {
      await page.keyboard.press("Escape");
      await canvas().click();
      await page.keyboard.down("Shift");
      await viewer.until("a key held", async () => (await x.sh(heldKeys)) === "42");
      await page.close();
      await viewer.until("none held", async () => (await x.sh(heldKeys)) === "");
    });
  });
}
