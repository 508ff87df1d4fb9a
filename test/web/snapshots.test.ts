/** Can somebody take, restore, describe, fork and remove snapshots in the browser, and see where the guest is? */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { furnish } from "../fakes/furnish.ts";
import { Visit } from "./browser.ts";

let visit: Visit;
before(async () => {
  visit = await Visit.begin();
  await furnish(visit.daemon.client);
  await visit.signUp();
});
after(() => visit.end());

const rows = async () => {
  await visit.page.getByText("The guest is here").waitFor();
  return (
    await visit.page.getByRole("list", { name: "Snapshots" }).getByRole("listitem").allInnerTexts()
  ).map((words) => words.split("\n")[0]);
};
const idle = async () => {
  const running = await visit.daemon.client.call("operationList", { query: { status: "running" } });
  await Promise.all(running.map((operation) => visit.daemon.client.waitFor(operation)));
};
const dialog = () => visit.page.getByRole("dialog");

describe("a guest's snapshots", () => {
  it("are a tree that ends where the guest is", async () => {
    await visit.open("/guests/lab/snapshots");
    assert.deepEqual(await rows(), [
      "clean",
      "with-tools",
      "with-desktop",
      "with-database",
      "The guest is here",
    ]);
    await visit.page.getByText("Fresh from the installer").waitFor();
  });

  it("are taken with the keyboard alone, and are there without being asked for again", async () => {
    await visit.page.getByRole("button", { name: "Take a snapshot" }).focus();
    await visit.page.keyboard.press("Enter");
    await dialog().getByLabel("Name").waitFor();
    await visit.page.keyboard.type("by-hand");
    await visit.page.keyboard.press("Enter");
    await visit.page.getByRole("listitem").filter({ hasText: "by-hand" }).waitFor();
    assert.equal((await rows()).at(-2), "by-hand");
  });

  it("say in the dialog why one cannot be taken", async () => {
    await visit.page.getByRole("button", { name: "Take a snapshot" }).click();
    await dialog().getByLabel("Name").fill("by-hand");
    await dialog().getByRole("button", { name: "Take a snapshot" }).click();
    await dialog().getByText("has a snapshot 'by-hand' already").waitFor();
    await visit.page.keyboard.press("Escape");
    await dialog().waitFor({ state: "detached" });
  });

  it("are restored once their name was typed, and what was until then is kept", async () => {
    await visit.page.getByRole("button", { name: "Restore: clean" }).click();
    const button = dialog().getByRole("button", { name: "Restore" });
    assert.ok(await button.isDisabled());
    await dialog().getByLabel("clean").fill("clean");
    await button.click();
    await dialog().waitFor({ state: "detached" });
    await visit.page.getByText("Kept before a restore").waitFor();
    await idle();
    const { snapshot } = await visit.daemon.client.call("guestGet", { params: { guest: "lab" } });
    const clean = await visit.daemon.client.call("snapshotGet", {
      params: { guest: "lab", snapshot: "clean" },
    });
    assert.equal(snapshot, clean.id);
  });

  it("are renamed, and removed by name", async () => {
    const more = async (name: string, item: string) => {
      await visit.page.getByRole("button", { name: `More for ${name}` }).click();
      await visit.page.getByRole("menuitem", { name: item }).click();
    };
    await more("by-hand", "Name and description");
    await dialog().getByLabel("Name").fill("by-name");
    await dialog().getByRole("button", { name: "Save" }).click();
    await visit.page.getByRole("listitem").filter({ hasText: "by-name" }).waitFor();
    await more("by-name", "Remove");
    await dialog().getByRole("textbox").fill("by-name");
    await dialog().getByRole("button", { name: "Remove" }).click();
    await visit.page.getByRole("listitem").filter({ hasText: "by-name" }).waitFor({ state: "detached" });
  });

  it("become guests of their own", async () => {
    await visit.page.getByRole("button", { name: "More for with-tools" }).click();
    await visit.page.getByRole("menuitem", { name: "New guest from it" }).click();
    await dialog().getByLabel("Name of the new guest").fill("lab-two");
    await dialog().getByRole("button", { name: "New guest from it" }).click();
    await dialog().waitFor({ state: "detached" });
    await visit.open("/guests");
    await visit.row("lab-two").getByText("running").waitFor();
  });

  it("leave nothing in the browser's log", () => assert.deepEqual(visit.complaints, []));
});
