/** Does the table of guests bear ten thousand of them? */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { guestRecords } from "../fakes/guest-records.ts";
import { Visit } from "./browser.ts";

const count = 10_000;

let visit: Visit;
before(async () => {
  visit = await Visit.begin({ records: guestRecords(count) });
  await visit.signUp();
});
after(() => visit.end());

const rows = () => visit.page.getByRole("row");
const scroll = (to: string) => visit.page.evaluate(`document.getElementById("content").scrollTo(0, ${to})`);

describe(`a table of ${count} guests`, () => {
  it("has those in the page that are in sight, and says how many there are", async () => {
    await visit.row("guest-00000").waitFor();
    assert.equal(await visit.page.getByRole("table").getAttribute("aria-rowcount"), String(count + 1));
    assert.ok((await rows().count()) < 80);
  });

  it("leads to its end", async () => {
    await scroll("1e9");
    await visit.row("guest-09999").waitFor();
    assert.ok((await rows().count()) < 80);
  });

  it("finds one of them", async () => {
    await scroll("0");
    await visit.page.keyboard.press("/");
    await visit.page.keyboard.type("4242");
    await visit.row("guest-04242").waitFor();
    assert.match(
      await visit.page
        .getByRole("status")
        .allInnerTexts()
        .then((texts) => texts.join(" ")),
      /\b1 of 10000\b/,
    );
  });

  it("selects all that are shown, and asks by their number before they go", async () => {
    await visit.page.getByRole("checkbox", { name: "Select all" }).check();
    await visit.page.getByRole("toolbar").getByRole("button", { name: "Delete" }).click();
    await visit.page.getByRole("dialog").getByText("Delete guest-04242?").waitFor();
  });
});
