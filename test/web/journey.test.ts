/** Can somebody who opens the printed link make a guest, see it run, and remove it? */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { codeAt, stepAt } from "#domain/access/totp";
import { importBlank } from "../fakes/furnish.ts";
import { account, Visit } from "./browser.ts";

/** RFC 4648, as an app reads the secret that is typed into it. */
function fromBase32(text: string): Buffer {
  const bits = [...text.replaceAll(" ", "")]
    .map((letter) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0"))
    .join("");
  return Buffer.from(bits.match(/.{8}/g)?.map((byte) => Number.parseInt(byte, 2)) ?? []);
}

let visit: Visit;
before(async () => {
  visit = await Visit.begin();
});
after(() => visit.end());

describe("from the printed link on", () => {
  it("asks a stranger to sign in, and says where the first link is", async () => {
    await visit.open("/guests");
    await visit.page.getByRole("heading", { name: "There is no account yet" }).waitFor();
    assert.match(await visit.page.locator("main").innerText(), /lodge sign-in-link/);
  });

  it("makes the first account, and keeps the link's code out of the history", async () => {
    await visit.signUp();
    assert.equal(new URL(visit.page.url()).hash, "");
    await visit.page.getByText("No guests yet").waitFor();
  });

  it("leads from nothing to an image", async () => {
    await visit.page.getByRole("link", { name: "New guest" }).first().click();
    await visit.page.getByText("There is no image yet").waitFor();
    await visit.page.getByRole("link", { name: "Get an image" }).click();
    await visit.page.getByRole("dialog").getByText("debian-13", { exact: true }).waitFor();
    await visit.page.keyboard.press("Escape");
    await importBlank(visit.daemon.client, "debian-13");
  });

  it("makes a guest of three fields, and says first what will happen", async () => {
    await visit.open("/guests/new");
    await visit.page.getByLabel("Name").fill("Not A Name");
    await visit.page.getByText("beginning with a letter").waitFor();
    await visit.page.getByLabel("Name").fill("web-1");
    await visit.page.getByText("It will boot").waitFor();
    await visit.page.getByRole("button", { name: "Create" }).click();
    await visit.page.getByRole("heading", { name: "web-1" }).waitFor();
    await visit.page.locator("header").getByText("running").waitFor();
    await visit.page.getByText("Machine type").waitFor();
  });

  it("shows what others do, as it happens", async () => {
    await visit.open("/guests");
    await visit.row("web-1").getByText("running").waitFor();
    await visit.daemon.client.call("guestPause", { params: { guest: "web-1" } });
    await visit.row("web-1").getByText("paused").waitFor();
    const body = { image: "debian-13", name: "by-another", start: false };
    await visit.daemon.client.waitFor(await visit.daemon.client.call("guestCreate", { body }));
    await visit.row("by-another").waitFor();
  });

  it("comes back by itself when the daemon was started anew", async () => {
    await visit.daemon.stop();
    await visit.page.getByText("The daemon does not answer").waitFor();
    await visit.daemon.restart();
    await visit.page.getByText("The daemon does not answer").waitFor({ state: "hidden" });
    await visit.daemon.client.call("guestResume", { params: { guest: "web-1" } });
    await visit.row("web-1").getByText("running").waitFor();
  });

  it("finds a guest by the palette, and goes to pages by keys", async () => {
    await visit.open("/operations");
    await visit.page.getByText("Create a guest").first().waitFor();
    await visit.page.keyboard.press("Control+k");
    await visit.page.getByPlaceholder("A guest, a page").fill("web-");
    await visit.page.getByRole("dialog").getByText("web-1").waitFor();
    await visit.page.keyboard.press("Enter");
    await visit.page.getByRole("heading", { name: "web-1" }).waitFor();
    await visit.page.getByRole("dialog").waitFor({ state: "hidden" });
    await visit.page.keyboard.press("g");
    await visit.page.keyboard.press("i");
    await visit.page.getByRole("heading", { name: "Images" }).waitFor();
  });
});

describe("what cannot be taken back", () => {
  it("is asked for by name, and done to those that were selected", async () => {
    await visit.open("/guests");
    for (const name of ["web-1", "by-another"])
      await visit.page.getByRole("checkbox", { name: `Select ${name}` }).check();
    await visit.page.getByRole("toolbar").getByRole("button", { name: "Delete" }).click();
    const dialog = visit.page.getByRole("dialog");
    const go = dialog.getByRole("button", { name: "Delete" });
    assert.equal(await go.isDisabled(), true);
    await dialog.getByRole("textbox").fill("delete 2");
    await go.click();
    await visit.page.getByText("No guests yet").waitFor();
    assert.deepEqual(await visit.daemon.client.call("guestList"), []);
  });
});

describe("what goes wrong", () => {
  it("is said in the catalogue's words, with what to do", async () => {
    const { client } = visit.daemon;
    const body = { image: "debian-13", name: "taken", start: false };
    await client.waitFor(await client.call("guestCreate", { body }));
    await visit.open("/guests/new");
    await visit.page.getByLabel("Name").fill("taken");
    await visit.page.getByRole("button", { name: "Create" }).click();
    await visit.page.getByRole("alert").getByText("A guest named 'taken' already exists.").waitFor();
    await visit.open("/guests/nobody");
    await visit.page.getByText("There is no guest 'nobody'.").waitFor();
  });
});

describe("signing out and in", () => {
  it("forgets, and comes back to the address that was asked for", async () => {
    await visit.open("/images");
    await visit.page.getByRole("button", { name: /Your account/ }).click();
    await visit.page.getByRole("menuitem", { name: "Sign out" }).click();
    await visit.page.getByRole("heading", { name: "Sign in to Lodge" }).waitFor();
    await visit.open("/networks");
    await visit.page.locator("input[name=username]").fill(account.name);
    await visit.page.locator("input[name=password]").fill("wrong");
    await visit.page.getByRole("button", { name: "Sign in", exact: true }).click();
    await visit.page.getByText("The name or the password is wrong.").waitFor();
    await visit.page.locator("input[name=password]").fill(account.password);
    await visit.page.getByRole("button", { name: "Sign in", exact: true }).click();
    await visit.page.getByRole("heading", { name: "Networks" }).waitFor();
  });

  it("takes an app's code as well, and in its place one from paper", async () => {
    await visit.open("/settings");
    const section = visit.page.getByRole("region", { name: "Authenticator app" });
    await section.locator("input[type=password]").fill(account.password);
    await section.getByRole("button", { name: "Begin" }).click();
    const secret = await section.locator("code").innerText();
    await section.getByLabel("Code").fill(codeAt(fromBase32(secret), stepAt(Date.now())));
    await section.getByRole("button", { name: "Use it from now on" }).click();
    const paper = visit.page.getByRole("dialog", { name: "Codes for paper" });
    const [code = ""] = (await paper.locator("code").innerText()).split("\n");
    await paper.getByRole("button", { name: "Close" }).last().click();
    await visit.page.getByRole("button", { name: /Your account/ }).click();
    await visit.page.getByRole("menuitem", { name: "Sign out" }).click();
    await visit.page.locator("input[name=username]").fill(account.name);
    await visit.page.locator("input[name=password]").fill(account.password);
    await visit.page.getByRole("button", { name: "Sign in", exact: true }).click();
    await visit.page.locator("input[name=one-time-code]").fill(code);
    await visit.page.getByRole("button", { name: "Sign in", exact: true }).click();
    await visit.page.getByRole("heading", { name: "Guests" }).waitFor();
  });

  it("keeps a passkey, and takes it in place of everything else", async () => {
    await visit.authenticator();
    await visit.open("/settings");
    const section = visit.page.getByRole("region", { name: "Passkeys" });
    await section.getByLabel("Name").fill("laptop");
    await section.locator("input[type=password]").fill(account.password);
    await section.getByRole("button", { name: "Add a passkey" }).click();
    await section.getByRole("row").filter({ hasText: "laptop" }).waitFor();
    await visit.page.getByRole("button", { name: /Your account/ }).click();
    await visit.page.getByRole("menuitem", { name: "Sign out" }).click();
    await visit.page.getByRole("button", { name: "Sign in with a passkey" }).click();
    await visit.page.getByRole("heading", { name: "Guests" }).waitFor();
  });

  it("speaks German where that is chosen", async () => {
    await visit.open("/settings");
    await visit.page.getByText("Deutsch").click();
    await visit.page.getByRole("heading", { name: "Einstellungen" }).waitFor();
    assert.equal(await visit.page.locator("html").getAttribute("lang"), "de");
    await visit.page.getByText("English").click();
    await visit.page.getByRole("heading", { name: "Settings" }).waitFor();
  });
});

describe("the page itself", () => {
  it("complained of nothing, and broke no rule of its policy", () => {
    const own = visit.complaints.filter((text) => !/WebSocket connection to .* failed/.test(text));
    assert.deepEqual(own, []);
  });
});
