/**
 * Does what is copied in the browser arrive in a guest's desktop, and the other way about? Chromium with its own clipboard,
 * the real daemon and gateway; a stand-in for QEMU's display and for the agent in the desktop.
 */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { guestPlace } from "#domain/guest/place";
import { messageType } from "#hypervisor/spice/protocol";
import { FakeSpice } from "../fakes/fake-spice.ts";
import { FakeVnc } from "../fakes/fake-vnc.ts";
import { furnish } from "../fakes/furnish.ts";
import { Visit } from "./browser.ts";
import { violations } from "./violations.ts";

describe("a guest's desktop in the browser", () => {
  let visit: Visit;
  let qemu: FakeVnc;
  let desktop: FakeSpice;
  before(async () => {
    visit = await Visit.begin();
    const { daemon, page, url } = visit;
    await furnish(daemon.client);
    const { id } = await daemon.client.call("guestGet", { params: { guest: "database" } });
    const place = guestPlace(daemon.paths, id);
    qemu = new FakeVnc(place.display);
    desktop = new FakeSpice(place.spice);
    await Promise.all([qemu.start(), desktop.start()]);
    await visit.signUp();
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"], { origin: url });
    await visit.open("/guests/database/console");
    await page.getByText("connected").waitFor();
  });
  after(async () => {
    await visit.end();
    await desktop?.close();
    await qemu?.close();
  });

  /** Resolves once something holds at the guest's side. */
  const until = async (what: string, holds: () => boolean) => {
    for (const end = performance.now() + 20_000; !holds(); await new Promise(setImmediate))
      assert.ok(performance.now() < end, `never: ${what}`);
  };
  const display = () => visit.page.getByRole("application", { name: "Display" });
  const canvas = () => display().locator("canvas");
  const copyHere = (text: string) =>
    visit.page.evaluate(`navigator.clipboard.writeText(${JSON.stringify(text)})`);
  const pasteHere = async () => String(await visit.page.evaluate("navigator.clipboard.readText()"));
  const pastesHere = async (text: string) => {
    for (const end = performance.now() + 20_000; (await pasteHere()) !== text;)
      assert.ok(performance.now() < end, `never: '${text.slice(0, 40)}' in the browser's clipboard`);
  };
  const panel = async () => {
    await visit.page.getByRole("button", { name: "Clipboard" }).click();
    return visit.page.getByRole("dialog");
  };
  const leavePanel = () => visit.page.getByRole("button", { name: "Clipboard" }).click();

  it("gets what was copied in the browser when its display is gone to, and pastes it", async () => {
    await copyHere("kopiert: äöü ☺\nzwei");
    await canvas().click();
    await until("the desktop is offered a text", () => desktop.count(messageType.grab) === 1);
    assert.deepEqual(desktop.given, []);
    desktop.paste();
    await until("it gets it", () => desktop.given.length === 1);
    assert.deepEqual(desktop.given, ["kopiert: äöü ☺\nzwei"]);
  });

  it("gives what is copied in it to the browser's clipboard", async () => {
    await visit.page.keyboard.press("a");
    desktop.copy("im Gast kopiert ☺\nzwei");
    await pastesHere("im Gast kopiert ☺\nzwei");
    const long = "0123456789abcdef".repeat(60_000);
    await visit.page.keyboard.press("b");
    desktop.copy(long);
    await pastesHere(long);
  });

  it("is not offered again what came from it", async () => {
    const before = desktop.count(messageType.grab);
    await visit.page.getByRole("button", { name: "Full screen" }).focus();
    await canvas().click();
    await visit.page.keyboard.press("c");
    await until("the key", () => qemu.heard.some((one) => one.kind === "act" && one.act === "key"));
    assert.equal(desktop.count(messageType.grab), before);
  });

  it("has a panel for browsers that let no page read the clipboard", async () => {
    await visit.page.context().clearPermissions();
    await visit.page.reload();
    await visit.page.getByText("connected").waitFor();
    const box = await panel();
    assert.equal(await box.getByLabel("In step with this computer").isChecked(), false);
    assert.deepEqual(await violations(visit.page), []);
    await box.getByLabel("Text", { exact: true }).fill("von Hand");
    await box.getByRole("button", { name: "Give to the guest" }).click();
    const before = desktop.given.length;
    await until("an offer", () => {
      desktop.paste();
      return desktop.given.length > before;
    });
    assert.equal(desktop.given.at(-1), "von Hand");
    await canvas().click();
    await visit.page.keyboard.press("d");
    desktop.copy("nur ins Feld");
    const text = (await panel()).getByLabel("Text", { exact: true });
    for (const end = performance.now() + 20_000; (await text.inputValue()) !== "nur ins Feld";)
      assert.ok(performance.now() < end, "never: the text in the panel");
    await leavePanel();
  });

  it("has its policy set there, and gives nothing any more", async () => {
    const box = await panel();
    await box.getByLabel("Copied text goes").first().click();
    await visit.page.getByRole("option", { name: "into the guest" }).click();
    await box.getByText("Nothing comes out of it").waitFor();
    const guest = await visit.daemon.client.call("guestGet", { params: { guest: "database" } });
    assert.equal(guest.clipboard, "in");
    await leavePanel();
    await canvas().click();
    await visit.page.keyboard.press("e");
    const requests = desktop.count(messageType.request);
    desktop.copy("bleibt drin");
    await (await panel()).getByLabel("Text", { exact: true }).fill("geht hinein");
    await visit.page.getByRole("button", { name: "Give to the guest" }).click();
    await until("it goes in", () => {
      desktop.paste();
      return desktop.given.at(-1) === "geht hinein";
    });
    assert.equal(desktop.count(messageType.request), requests);
  });

  it("is as large as the window, where that is wished", async () => {
    assert.equal(desktop.count(messageType.monitors), 0);
    await visit.page.getByRole("button", { name: "Fit" }).click();
    // QEMU says so that its screen's size can be wished for.
    qemu.sizes();
    await until("a size", () => desktop.count(messageType.monitors) === 1);
    const { data } = desktop.heard.findLast(({ type }) => type === messageType.monitors)!;
    const size = await display().boundingBox();
    assert.ok(Math.abs(data.readUInt32LE(12) - size!.width) <= 10, "its width");
    await visit.page.setViewportSize({ width: 1000, height: 700 });
    await until("another size", () => desktop.count(messageType.monitors) === 2);
    await visit.page.setViewportSize({ width: 1440, height: 900 });
    await visit.page.getByRole("button", { name: "Fit" }).click();
  });

  it("is typed a text by its own layout", async () => {
    qemu.heard = [];
    qemu.extendedKeys();
    await visit.page.getByRole("button", { name: "Type a text" }).click();
    const box = visit.page.getByRole("dialog");
    await box.getByLabel("Type a text").fill("zß");
    await box.getByLabel("The guest's keyboard").first().click();
    await visit.page.getByRole("option", { name: "Deutsch" }).click();
    await box.getByRole("button", { name: "Type it" }).click();
    const scans = () =>
      qemu.heard.flatMap((one) =>
        one.kind === "act" && one.bytes[0] === 255 ? [`${one.bytes[3]} ${one.bytes.readUInt32BE(8)}`] : [],
      );
    // The key where a US keyboard has its Y, and the one where it has its hyphen.
    await until("all keys", () => scans().length === 4);
    assert.deepEqual(scans(), ["1 21", "0 21", "1 12", "0 12"]);
  });

  /** Lets a file fall onto the display, made of so many bytes. */
  const dropFile = async (name: string, size: number) => {
    const dataTransfer = await visit.page.evaluateHandle(
      `(() => {
        const data = new DataTransfer();
        data.items.add(new File([new Uint8Array(${size}).map((_, index) => index % 251)], "${name}"));
        return data;
      })()`,
    );
    await canvas().dispatchEvent("drop", { dataTransfer });
  };
  const files = () => visit.page.getByRole("list", { name: "Files for the guest" });

  it("takes a file of some megabytes that is dropped onto its display, whole", async () => {
    desktop.takesFiles();
    await dropFile("bild ä.bin", 5_000_000);
    await files().getByText("is in the downloads").waitFor();
    const [file] = desktop.files;
    const content = Buffer.concat(file!.pieces);
    assert.deepEqual([file!.name, content.length], ["bild ä.bin", 5_000_000]);
    assert.ok(content.every((byte, index) => byte === index % 251));
    await files().getByRole("button", { name: "Take off the list" }).click();
    await files().waitFor({ state: "detached" });
  });

  it("is sent no more of a file that is given up, and the next one", async () => {
    const goOn = desktop.stopReading();
    await dropFile("lang.bin", 20_000_000);
    await dropFile("kurz.bin", 10);
    await files().getByText("waits").waitFor();
    assert.deepEqual(await violations(visit.page), []);
    await files().getByRole("button", { name: "Cancel: lang.bin" }).click();
    goOn();
    await files().getByText("is in the downloads").waitFor();
    await until("the agent is told", () => desktop.count(messageType.fileStatus) === 1);
    assert.equal(desktop.files.at(-1)!.name, "kurz.bin");
    await files().getByRole("button", { name: "Take off the list" }).click();
  });

  it("takes no file where it is set so", async () => {
    const params = { guest: "database" };
    const body = { fileDrop: false };
    await visit.daemon.client.call("guestUpdate", { params, body });
    const switchOf = async () => (await panel()).getByLabel("Files can be dropped onto the display");
    assert.equal(await (await switchOf()).isChecked(), false);
    await leavePanel();
    await dropFile("nichts.bin", 10);
    assert.equal(await files().count(), 0);
    await (await switchOf()).click();
    await visit.page.locator("input[type=checkbox]:checked:enabled").first().waitFor({ state: "attached" });
    await leavePanel();
    const { fileDrop } = await visit.daemon.client.call("guestGet", { params });
    assert.equal(fileDrop, true);
  });

  it("has full screen with all keys, and says how it is left", async () => {
    await visit.page.getByRole("button", { name: "Full screen" }).click();
    await visit.page.getByText("Hold Esc to leave").waitFor();
    await visit.page.getByRole("button", { name: "Leave full screen" }).click();
    await visit.page.getByText("Hold Esc to leave").waitFor({ state: "detached" });
    assert.deepEqual(visit.complaints, []);
  });
});
