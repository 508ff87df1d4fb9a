/**
 * Can people who were given a link and a password work on real desktops? All of it as they do it: Chromium, the real daemon, guests
 * with XFCE forked from a parked template, and Lodge's agent to look into them from the other side.
 */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, it } from "node:test";
import type { Page } from "playwright-core";
import { hasCode } from "#contract/errors";
import type { Schemas } from "#contract/schemas";
import { ensureWeb } from "../../../tools/web.ts";
import { Visit } from "../../web/browser.ts";
import { DesktopGuest } from "../console/desktop-guest.ts";
import { desktopName, giveDesktop } from "../console/desktop-template.ts";
import { TestLodge } from "../daemon.ts";
import { password, Person, until, type Colour } from "./person.ts";

type Desktop = Schemas["Desktop"];

/** What a terminal that was just opened covers. */
const inTerminal = [500, 300] as const;
const isRed = ([red, green, blue]: Colour) => red > 150 && green < 60 && blue < 60;
const isGreen = ([red, green, blue]: Colour) => red < 60 && green > 150 && blue < 60;
/** By what a terminal is told to be of this colour. */
const red = 41;
const green = 42;

describe("desktops of XFCE, in browsers", () => {
  let lodge: TestLodge;
  let visit: Visit<{ client: TestLodge["client"]; url(): Promise<string>; close(): Promise<void> }>;
  const people: Person[] = [];
  let ann: Person;
  let bob: Person;

  before(async () => {
    await ensureWeb();
    const options = { listen: "127.0.0.1:0", parked: false, prepare: giveDesktop };
    lodge = await TestLodge.start(undefined, options);
    const { client } = lodge;
    for (const name of ["ann", "bob", "carl"])
      await client.call("userCreate", { body: { name, role: "none", password } });
    visit = await Visit.at({ client, url: async () => lodge.url, close: async () => undefined });
    visit.page.context().setDefaultTimeout(60_000);
    await visit.signUp();
  });
  after(async () => {
    await Promise.all(people.map((person) => person.leaves()));
    await visit?.end();
    for (const desktopPool of ["office", "till"]) await removePool(desktopPool).catch(() => undefined);
    await lodge?.[Symbol.asyncDispose]();
  });

  const removePool = async (desktopPool: string) => {
    const params = { desktopPool };
    await lodge.done(lodge.client.call("desktopPoolDelete", { params, query: { force: true } }));
  };
  const comes = async (name: string, path?: string) => {
    const person = await Person.comes({ url: visit.url, name }, path);
    people.push(person);
    return person;
  };
  const desktopOf = async (user: string, pool = "office"): Promise<Desktop & { readonly guest: string }> => {
    const [found] = await lodge.client.call("desktopList", { query: { user, pool } });
    assert.ok(found?.guest, `${user} has a desktop of ${pool}`);
    return { ...found, guest: found.guest };
  };
  const inside = async (user: string, script: string, pool?: string) =>
    new DesktopGuest(lodge, (await desktopOf(user, pool)).guest).sh(script);
  const untilInside = (user: string, script: string) =>
    until(`${script} of ${user}`, async () =>
      inside(user, script).then(
        () => true,
        () => false,
      ),
    );

  /** Opens a terminal by its shortcut, and has the shell in it make the terminal of a colour and a file of his name. */
  async function works(person: Person, colour: number): Promise<void> {
    const active = "xprop -root _NET_ACTIVE_WINDOW";
    const before = [await inside(person.name, active), String(await person.colourAt(...inTerminal))];
    await person.page.keyboard.press("Control+Alt+t");
    await person.untilColour("a terminal", inTerminal, (now) => String(now) !== before[1]);
    // Until the window has the keys, what is typed goes elsewhere.
    await untilInside(person.name, `test "$(${active})" != "${before[0]}"`);
    await person.types(`printf '\\033[${colour}m\\033[2`);
    await person.page.keyboard.press("Shift+KeyJ");
    await person.types(`'; touch ${person.name}\n`);
    await untilInside(person.name, `test -e ${person.name}`);
  }

  it("an admin makes a pool by a form", async () => {
    const { page } = visit;
    await visit.open("/desktop-pools");
    await page.getByRole("button", { name: "New desktop pool" }).click();
    const form = page.getByRole("dialog");
    await form.getByLabel("Name").fill("office");
    await form.getByLabel("Title").fill("Office");
    await form.getByRole("combobox", { name: "Image" }).click();
    await page.getByRole("option", { name: desktopName }).click();
    await form.getByLabel("Kept ready").fill("1");
    for (const name of ["ann", "bob"]) {
      await form.getByLabel("People").fill(name);
      await form.getByLabel("People").press("Enter");
    }
    await form.getByRole("button", { name: "Create" }).click();
    await page.getByRole("heading", { name: "Office" }).waitFor();
  });

  it("each gets his own by a click, and what he types in it is seen, and done there", async () => {
    ann = await comes("ann");
    bob = await comes("bob");
    for (const [person, colour, is] of [
      [ann, red, isRed],
      [bob, green, isGreen],
    ] as const) {
      await person.page.getByRole("link", { name: "Office" }).click();
      await person.sees();
      await works(person, colour);
      await person.untilColour("the colour that was typed", inTerminal, is);
    }
    assert.notEqual((await desktopOf("ann")).guest, (await desktopOf("bob")).guest);
    assert.equal(await inside("bob", "ls ann bob 2>/dev/null || true"), "bob");
  });

  it("whoever may have none is told so", async () => {
    const carl = await comes("carl", "/desktops/office");
    await carl.page.getByText("There is no desktop “office” for you").waitFor();
    assert.match(await carl.ask(`/v1/desktops/${(await desktopOf("ann")).id}/files`), /desktop\.not_found/);
  });

  it("copied text goes in and out", async () => {
    const { page } = ann;
    await page.evaluate(`navigator.clipboard.writeText("Grüße von hier ☺")`);
    await ann.picture.click();
    const paste = `test "$(timeout 10 xclip -selection clipboard -o)" = "Grüße von hier ☺"`;
    await untilInside("ann", paste);
    await inside("ann", "printf 'aus dem Gast' | xclip -selection clipboard -i >/dev/null 2>&1");
    await until("the text in the browser", async () => {
      return (await page.evaluate("navigator.clipboard.readText()")) === "aus dem Gast";
    });
  });

  it("a file that is dropped comes into its downloads, and out of them", async () => {
    const dataTransfer = await ann.page.evaluateHandle(`(() => {
      const data = new DataTransfer();
      data.items.add(new File(["Äpfel und Birnen"], "liste ä.txt"));
      return data;
    })()`);
    await ann.picture.dispatchEvent("drop", { dataTransfer });
    await ann.page.getByText("is in the downloads").waitFor();
    assert.equal(await inside("ann", "cat ~/Downloads/liste*"), "Äpfel und Birnen");
    await ann.tool("Files");
    const coming = ann.page.waitForEvent("download");
    await ann.page.getByRole("link", { name: "liste ä.txt" }).click();
    const download = await coming;
    assert.equal(download.suggestedFilename(), "liste ä.txt");
    assert.equal(await readFile(await download.path(), "utf8"), "Äpfel und Birnen");
    await ann.page.keyboard.press("Escape");
  });

  it("goes on where it was left in another browser, and the one before is told", async () => {
    const { id } = await desktopOf("ann");
    const before = ann;
    ann = await comes("ann", "/desktops/office");
    await ann.sees();
    await ann.untilColour("the terminal as it was", inTerminal, isRed);
    await before.page.getByText("Your desktop was opened elsewhere").waitFor();
    await before.leaves();
    assert.equal((await desktopOf("ann")).id, id);
  });

  it("is looked at by the help desk when its user says yes, until he says stop", async () => {
    await visit.open("/help-desk");
    await visit.page.getByRole("button", { name: "Actions: bob, office" }).click();
    const opening = visit.page.context().waitForEvent("page");
    await visit.page.getByRole("menuitem", { name: "Look on", exact: true }).click();
    const shadow: Page = await opening;
    await bob.page.getByText("ops asks to see your desktop").waitFor();
    await bob.page.getByRole("button", { name: "Allow" }).click();
    await bob.page.getByText("ops sees it").waitFor();
    await shadow.getByText("looking on").waitFor();
    const [x, y] = inTerminal;
    const seen = `[...document.querySelector("canvas").getContext("2d").getImageData(${x}, ${y}, 1, 1).data].slice(0, 3)`;
    await until("his terminal", async () => isGreen((await shadow.evaluate(seen)) as Colour));
    await bob.page.getByRole("button", { name: "End", exact: true }).click();
    await shadow.getByText("You look on no more").waitFor();
    await bob.page.getByText("ops sees it").waitFor({ state: "detached" });
    await shadow.close();
  });

  it("comes back by itself after the daemon was killed, and takes keys", async () => {
    const { id } = await desktopOf("bob");
    await lodge.end("SIGKILL");
    await bob.page.locator("[role=application][data-faded]").waitFor();
    await bob.page.getByText("The connection is lost").waitFor();
    assert.ok(isGreen(await bob.colourAt(...inTerminal)), "the last picture stays");
    await lodge.start();
    await Promise.all([ann.sees(), bob.sees()]);
    await bob.types("touch again\n");
    await untilInside("bob", "test -e again");
    assert.equal((await desktopOf("bob")).id, id);
  });

  it("is gone after sign-off, and the next click gives a new one", async () => {
    const { guest } = await desktopOf("ann");
    await ann.tool("Sign off");
    await ann.page.getByRole("dialog").getByRole("button", { name: "Sign off" }).click();
    await ann.page.getByText("You have signed off from Office").waitFor();
    await until("its guest is gone", () =>
      lodge.guest(guest).then(
        () => false,
        (error: unknown) => hasCode(error, "guest.not_found"),
      ),
    );
    await ann.page.getByRole("link", { name: "Office" }).click();
    await ann.sees();
    assert.ok(!isRed(await ann.colourAt(...inTerminal)));
    assert.notEqual((await desktopOf("ann")).guest, guest);
    assert.equal(await inside("ann", "ls ann ~/Downloads/liste* 2>/dev/null || true"), "");
  });

  it("at a screen that many use gives nothing that its pool refuses, and leads back to where one signs in", async () => {
    await removePool("office");
    const policy = { clipboard: "none", files: "none", power: false } as const;
    const shape = { image: desktopName, standby: { count: 0 }, entitled: { users: ["bob"] } };
    await lodge.client.call("desktopPoolCreate", { body: { name: "till", ...shape, policy } });
    await bob.open("/desktops/till?kiosk");
    await bob.sees();
    const tools = ["Send keys", "Listen", "Picture", "Full screen", "Help", "Sign off"];
    assert.deepEqual(await bob.tools(), tools);
    const { id, guest } = await desktopOf("bob", "till");
    const { clipboard, fileDrop } = await lodge.guest(guest);
    assert.deepEqual([clipboard, fileDrop], ["none", false]);
    assert.match(await bob.ask(`/v1/desktops/${id}/files`), /desktop\.not_allowed/);
    await bob.tool("Sign off");
    await bob.page.getByRole("dialog").getByRole("button", { name: "Sign off" }).click();
    await bob.page.locator("input[name=username]").waitFor();
    assert.match(bob.page.url(), /\/desktops\/till\?kiosk$/);
  });
});
