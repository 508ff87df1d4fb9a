/**
 * Can somebody who was only given a link and a password work on a desktop? The admin makes a pool in the interface, and people
 * who have no role at all open their desktops: Chromium, the real daemon and gateway, a stand-in for QEMU's display.
 */
import assert from "node:assert/strict";
import { rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { Page } from "playwright-core";
import { readWish, type Monitors } from "#domain/console/screen-size";
import { guestPlace } from "#domain/guest/place";
import { until } from "../fakes/fake-daemon.ts";
import { FakeVnc } from "../fakes/fake-vnc.ts";
import { until as becomes } from "../vm/desktop/person.ts";
import { Visit } from "./browser.ts";
import { startChromium, type Browser } from "./chromium.ts";
import { violations } from "./violations.ts";

const password = "correct horse battery";

describe("desktops, in a browser", () => {
  let visit: Visit;
  const screens = new Map<string, FakeVnc>();
  const browsers: Browser[] = [];
  let watching = true;

  /** Each guest of a pool has a screen as soon as it is there, which is drawn when somebody looks. */
  async function giveScreens(): Promise<void> {
    while (watching) {
      const guests = await visit.daemon.client.call("guestList").catch(() => []);
      for (const { id, state, desktop } of guests) {
        if (!desktop || state !== "running" || screens.has(id)) continue;
        const screen = new FakeVnc(guestPlace(visit.daemon.paths, id).display);
        screens.set(id, screen);
        await screen.start().catch(() => screens.delete(id));
      }
      for (const screen of screens.values())
        if (screen.asked(true) > 0) screen.fill({ x: 0, y: 0, ...screen.size });
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  let giving: Promise<void>;

  before(async () => {
    visit = await Visit.begin();
    const { client } = visit.daemon;
    await visit.daemon.image("debian-13", "lodge", true);
    for (const name of ["ann", "bob"])
      await client.call("userCreate", { body: { name, role: "none", password } });
    await visit.signUp();
    giving = giveScreens();
  });
  after(async () => {
    watching = false;
    await giving;
    for (const browser of browsers) await browser.end();
    await visit.end();
    for (const screen of screens.values()) await screen.close();
  });

  /** Somebody at a browser of his own, sent to an address. */
  async function comes(name: string, path: string, phone = false): Promise<Page> {
    const browser = await startChromium({
      viewport: phone ? { width: 390, height: 844 } : { width: 1280, height: 800 },
      locale: "en-GB",
      reducedMotion: "reduce",
      ...(phone ? { hasTouch: true, isMobile: true } : {}),
    });
    browsers.push(browser);
    browser.context.setDefaultTimeout(20_000);
    const [page] = browser.context.pages();
    await page!.goto(`${visit.url}${path}`);
    await page!.locator("input[name=username]").fill(name);
    await page!.locator("input[name=password]").fill(password);
    await page!.getByRole("button", { name: "Sign in", exact: true }).click();
    return page!;
  }
  const drawn = (page: Page) => page.locator("[role=application][data-drawn]").waitFor();

  /** QEMU has its display before its guest runs. The stand-in is given one only when the guest is there, which is waited for. */
  async function getsGuestWithScreen(page: Page): Promise<void> {
    const address = `${visit.url}/v1/my-desktops/office/connect`;
    const headers = { origin: visit.url };
    for (;;) {
      const answer = await page.request.post(address, { data: {}, headers });
      if (answer.ok()) return;
      assert.match(await answer.text(), /console\.no_display/);
    }
  }

  it("a pool is made in the interface, which shows the link to hand out", async () => {
    const { page } = visit;
    await page.getByRole("link", { name: "Desktop pools" }).click();
    await page.getByRole("button", { name: "New desktop pool" }).click();
    const form = page.getByRole("dialog");
    await form.getByLabel("Title").fill("Office");
    assert.equal(await form.getByLabel("Name").inputValue(), "office");
    // The only one with a desktop is chosen already, and stays so for whoever chooses it once more.
    const image = form.getByRole("combobox", { name: "Image" });
    assert.equal(await image.inputValue(), "debian-13");
    await image.click();
    await page.getByRole("option", { name: "debian-13" }).click();
    assert.equal(await image.inputValue(), "debian-13");
    await form.getByLabel("Kept ready").fill("0");
    await form.getByLabel("People").fill("ann");
    await form.getByLabel("People").press("Enter");
    assert.deepEqual(await violations(page, { within: "[role=dialog]" }), []);
    await form.getByRole("button", { name: "Create" }).click();
    await page.getByRole("heading", { name: "Office" }).waitFor();
    await page.getByText(`${visit.url}/desktops/office`, { exact: true }).waitFor();
    assert.deepEqual(await violations(page), []);
    const pool = await visit.daemon.client.call("desktopPoolGet", { params: { desktopPool: "office" } });
    assert.deepEqual([pool.entitled, pool.keeps], [{ users: ["ann"] }, "nothing"]);
    const body = { policy: { ...pool.policy, monitors: 2 } };
    await visit.daemon.client.call("desktopPoolUpdate", { params: { desktopPool: "office" }, body });
  });

  let ann: Page;

  it("whoever has no role sees his desktops and nothing else", async () => {
    ann = await comes("ann", "/");
    await ann.getByRole("heading", { name: "Desktops" }).waitFor();
    await ann.getByRole("link", { name: "Office" }).waitFor();
    for (const page of ["Guests", "Images", "Overview"])
      assert.equal(await ann.getByRole("link", { name: page, exact: true }).count(), 0, page);
    await ann.goto(`${visit.url}/guests`);
    await ann.getByRole("heading", { name: "Desktops" }).waitFor();
  });

  it("one click opens his desktop in the whole window, beside which he is told of it", async () => {
    await getsGuestWithScreen(ann);
    await ann.getByRole("link", { name: "Office" }).click();
    await drawn(ann);
    assert.match(ann.url(), /\/desktops\/office$/);
    await ann.getByRole("toolbar", { name: "Toolbar" }).getByRole("button", { name: "Help" }).click();
    await ann.getByText("This toolbar").waitFor();
    assert.deepEqual(await violations(ann), []);
    await ann.keyboard.press("Escape");
  });

  it("has a further monitor in a window of its own: its part of the screen, until that window is closed", async () => {
    const [screen] = [...screens.values()];
    const wish = () => {
      const sizes = screen!.heard.filter((one) => one.kind === "act" && one.act === "size");
      const [last] = sizes.slice(-1) as { readonly bytes: Buffer }[];
      return last ? readWish(last.bytes) : [];
    };
    screen!.sizes();
    await until(() => wish().length === 1);
    const passedOn = { x: 1, y: 4 };
    screen!.sizes(passedOn);
    const opening = ann.context().waitForEvent("page");
    await ann.mouse.move(640, 1);
    await ann
      .getByRole("toolbar", { name: "Toolbar" })
      .getByRole("button", { name: "A further monitor" })
      .click();
    const second = await opening;
    await until(() => wish().length === 2);
    await second.getByText("This monitor comes as soon as").waitFor();
    const [{ width, height }, other] = wish() as Monitors;
    screen!.size = { width: width + other!.width, height: Math.max(height, other!.height) };
    screen!.sizes();
    const canvas = second.locator("canvas");
    await canvas.waitFor();
    const pixel = `document.querySelector("canvas").getContext("2d").getImageData(5, 5, 1, 1).data.join()`;
    await becomes("its part of the picture", async () => (await second.evaluate(pixel)) === "1,2,3,255");
    assert.equal(await canvas.getAttribute("width"), String(other!.width));
    await canvas.click({ position: { x: 10, y: 20 } });
    const acts = (act: string) =>
      screen!.heard.flatMap((one) => (one.kind === "act" && one.act === act ? [one.bytes] : []));
    await until(() =>
      acts("pointer").some(
        (bytes) => bytes[1] === 1 && bytes.readUInt16BE(2) === width + 10 && bytes.readUInt16BE(4) === 20,
      ),
    );
    await second.keyboard.press("q");
    await until(() => acts("key").some((bytes) => bytes.readUInt32BE(4) === "q".charCodeAt(0)));
    await second.close();
    await until(() => wish().length === 1);
  });

  it("one that is to be recorded and cannot be says so, and comes back by itself", async () => {
    const { client, paths } = visit.daemon;
    const params = { desktopPool: "office" };
    const { policy } = await client.call("desktopPoolGet", { params });
    const folder = join(paths.home, "recordings");
    await rename(folder, `${folder}-aside`);
    await writeFile(folder, "no folder");
    await client.call("desktopPoolUpdate", { params, body: { policy: { ...policy, record: true } } });
    const why = ann.getByText("This desktop has to be recorded, and cannot be at the moment");
    await why.waitFor();
    assert.deepEqual(await violations(ann), []);
    await rm(folder);
    await rename(`${folder}-aside`, folder);
    await why.waitFor({ state: "detached" });
    await drawn(ann);
    await client.call("desktopPoolUpdate", { params, body: { policy } });
  });

  it("an admin says why before he gets into a desktop, and its user is told so", async () => {
    const { page } = visit;
    const [guest] = await visit.daemon.client.call("guestList");
    await visit.open(`/guests/${guest!.name}/console`);
    await page.getByText("is somebody's desktop, which is looked at with his consent").waitFor();
    await visit.open(`/guests/${guest!.name}/console?view=serial`);
    await page.getByText("only an admin who says why may reach into it").waitFor();
    await page.getByLabel("Why").fill("request 12");
    assert.deepEqual(await violations(page), []);
    await page.getByRole("button", { name: "Say why" }).click();
    await page.getByText("when you get into it or copy it from this page, with “request 12”").waitFor();
    await page.getByRole("button", { name: "Connect again" }).click();
    await ann.getByText("An administrator reached into this desktop: request 12").waitFor();
  });

  it("who is not entitled is told so, and who has none sees none", async () => {
    const bob = await comes("bob", "/desktops/office");
    await bob.getByText("There is no desktop “office” for you").waitFor();
    await bob.getByRole("button", { name: "All desktops" }).click();
    await bob.getByText("There is no desktop for you yet").waitFor();
    const body = { most: 1, entitled: { everyone: true } };
    await visit.daemon.client.call("desktopPoolUpdate", { params: { desktopPool: "office" }, body });
    await bob.getByText("all are taken just now").waitFor();
    await bob.getByRole("link", { name: "Office" }).click();
    await bob.getByText("All desktops of Office are taken").waitFor();
    assert.deepEqual(await violations(bob), []);
  });

  it("signing off leads to the list, which does not offer what has just ended", async () => {
    await ann.mouse.move(640, 1);
    const bar = ann.getByRole("toolbar", { name: "Toolbar" });
    await bar.getByRole("button", { name: "Sign off" }).click();
    await ann.getByRole("dialog").getByRole("button", { name: "Sign off" }).click();
    await ann.getByText("You have signed off from Office").waitFor();
    assert.equal(await ann.getByText("open elsewhere").count(), 0);
    assert.deepEqual(await violations(ann), []);
  });
});
