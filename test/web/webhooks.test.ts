/** Can an admin make a webhook, see how it goes, and mend one that does not, without reading anything? */
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { verifyWebhook } from "#client/webhook";
import { importBlank } from "../fakes/furnish.ts";
import { Receiver, status } from "../fakes/receiver.ts";
import { Visit } from "./browser.ts";
import { violations } from "./violations.ts";

let visit: Visit;
let receiver: Receiver;
before(async () => {
  visit = await Visit.begin();
  receiver = await Receiver.open();
  await importBlank(visit.daemon.client, "debian-13");
  await visit.daemon.client.call("outboundUpdate", { body: { allow: ["127.0.0.1"] } });
  await visit.signUp();
});
after(async () => {
  await visit.end();
  await receiver.close();
});

/** Where pictures of what is tried here are put, for who wants to look. */
const shots = process.env["LODGE_SHOTS"];

/** Usable by everybody, in both looks and on a phone. */
async function sound(name: string): Promise<void> {
  for (const [colorScheme, width] of [
    ["light", 1440],
    ["dark", 1440],
    ["light", 390],
  ] as const) {
    await visit.page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await visit.page.setViewportSize({ width, height: 900 });
    if (shots !== undefined) {
      mkdirSync(shots, { recursive: true });
      await visit.page.screenshot({ path: join(shots, `${name}-${colorScheme}-${width}.png`) });
    }
    const coloursOnly = colorScheme === "dark";
    const found = await violations(visit.page, { coloursOnly, but: ["region"] });
    assert.deepEqual(found, [], `${name}, ${colorScheme}, ${width} px wide`);
  }
  await visit.page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
  await visit.page.setViewportSize({ width: 1440, height: 900 });
}

const make = (name: string) =>
  visit.daemon.client.call("guestCreate", { body: { image: "debian-13", name, start: false } });

describe("webhooks", () => {
  let secret = "";

  it("are made of an address and a name, and show their secret once", async () => {
    await visit.open("/webhooks");
    await visit.page.getByText("Nobody is told of what happens here").waitFor();
    await sound("empty");
    await visit.page.getByRole("button", { name: "New webhook" }).first().click();
    await visit.page.getByLabel("Name").fill("ci");
    await visit.page.getByLabel("Address").fill(receiver.url);
    await visit.page.getByLabel("Events").fill("guest.* image.made");
    await sound("form");
    await visit.page.getByRole("button", { name: "Create" }).click();
    await visit.page.getByRole("alert").getByText("not under TLS").waitFor();
    await visit.page.getByLabel("It may be http").check();
    await visit.page.getByRole("button", { name: "Create" }).click();
    await visit.page.getByText("shown only now").waitFor();
    secret = (await visit.page.getByRole("dialog").locator("code").textContent()) ?? "";
    assert.match(secret, /^whsec_/);
    await visit.page.getByRole("dialog").getByRole("button", { name: "Close" }).last().click();
    await visit.row("ci").getByText("active").waitFor();
  });

  it("show what is sent as it happens, and what was answered", async () => {
    await visit.page.getByRole("link", { name: "ci" }).click();
    await visit.page.getByText("Nothing was sent yet").waitFor();
    await make("web-1");
    await visit.page.getByRole("button", { name: "guest.created" }).waitFor();
    const { headers, body } = receiver.received[0]!;
    assert.equal((await verifyWebhook({ headers, body, secret })).type, "guest.created");
    await visit.page.getByRole("button", { name: "Send a test" }).click();
    await visit.page.getByRole("button", { name: "webhook.ping" }).waitFor();
    await visit.page.getByRole("button", { name: "guest.created" }).click();
    await visit.page.getByRole("dialog").getByText("What was answered").waitFor();
    await visit.page.getByRole("dialog").getByText("thanks").waitFor();
    await sound("delivery");
    const before = receiver.received.length;
    await visit.page.getByRole("button", { name: "Send it once more" }).click();
    await receiver.has(before + 1);
    assert.equal(receiver.received[before]?.id, receiver.received[0]?.id);
    await visit.page.keyboard.press("Escape");
    await visit.page.getByText("by hand").waitFor();
  });

  it("say what is wrong, and when it is tried again", async () => {
    receiver.answer = status(503);
    await make("web-2");
    await make("web-3");
    await visit.page.getByText("The last message was not taken: it answered with 503.").waitFor();
    await visit.page.locator("header").getByText("failing").waitFor();
    await sound("failing");
    await visit.open("/webhooks");
    await visit.row("ci").getByText("failing").waitFor();
    await sound("list");
  });

  it("are paused, let go on, skipped and removed", async () => {
    receiver.answer = status(200);
    await visit.open("/webhooks/ci");
    await visit.page.getByRole("button", { name: "Pause" }).click();
    await visit.page.getByText("It is paused: what happens waits.").waitFor();
    await visit.page.getByRole("button", { name: "Go on" }).click();
    await visit.page.locator("header").getByText("active").waitFor();
    const actions = visit.page.getByRole("button", { name: "Actions: ci" });
    await actions.click();
    await visit.page.getByRole("menuitem", { name: "Change…" }).click();
    await visit.page.getByLabel("Name").fill("pipeline");
    await visit.page.getByRole("button", { name: "Save" }).click();
    // The page has the new name for a moment at the old address, and is drawn anew at its own.
    await visit.page.waitForURL("**/webhooks/pipeline");
    await visit.page.getByRole("button", { name: "Actions: pipeline" }).click();
    await visit.page.getByRole("menuitem", { name: "Remove" }).click();
    await visit.page.getByRole("dialog").getByRole("textbox").fill("pipeline");
    await visit.page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
    await visit.page.getByText("Nobody is told of what happens here").waitFor();
    assert.deepEqual(visit.complaints, []);
  });
});
