/** Is a word found in what a guest's serial console said before the page was opened, each time that it is there? */
import assert from "node:assert/strict";
import { appendFile, writeFile } from "node:fs/promises";
import { after, before, describe, it } from "node:test";
import { guestPlace } from "#domain/guest/place";
import { furnish } from "../fakes/furnish.ts";
import { Visit } from "./browser.ts";

const guest = "database";
/** Lines of its console that have the word. */
const places = [10, 2500, 4990];

describe("search in a serial console", () => {
  let visit: Visit;
  let log = "";
  before(async () => {
    visit = await Visit.begin();
    const { client, paths } = visit.daemon;
    await furnish(client);
    const { id } = await client.call("guestGet", { params: { guest } });
    log = guestPlace(paths, id).serialLog;
    const lines = Array.from({ length: 5000 }, (_, line) =>
      places.includes(line) ? `line ${line} has a needle` : `line ${line}`,
    );
    await writeFile(log, `${lines.join("\r\n")}\r\n`);
    await visit.signUp();
    await visit.open(`/guests/${guest}/console?view=serial`);
    await row("line 4999").waitFor();
  });
  after(() => visit.end());

  /** A line that the terminal shows now. */
  const row = (words: string) => visit.page.getByRole("listitem").filter({ hasText: words });
  const field = () => visit.page.getByLabel("Search in the console");
  const says = (words: string) => visit.page.getByRole("search").getByText(words, { exact: true }).waitFor();
  const shows = (line: number) => row(`line ${line} has a needle`).waitFor();
  const button = (name: string) => visit.page.getByRole("search").getByRole("button", { name });
  const focused = () => visit.page.evaluate("document.activeElement.getAttribute('aria-label')");

  it("begins at its key, finds the word and shows the line", async () => {
    await visit.page.keyboard.press("Control+Shift+F");
    assert.equal(await focused(), "Search in the console");
    await visit.page.keyboard.type("needle");
    await says("1 of 3");
    await shows(places[0]!);
  });

  it("goes to the next one and back, by buttons and by keys, and around", async () => {
    await button("Next").click();
    await says("2 of 3");
    await shows(places[1]!);
    await button("Previous").click();
    await says("1 of 3");
    await field().press("Shift+Enter");
    await says("3 of 3");
    await shows(places[2]!);
    await field().press("Enter");
    await says("1 of 3");
    await shows(places[0]!);
  });

  it("counts what is said meanwhile", async () => {
    await appendFile(log, "one more needle\r\n");
    await says("1 of 4");
  });

  it("says that a word is not there, and has nowhere to go then", async () => {
    await field().fill("haystack");
    await says("not there");
    assert.equal(await button("Next").isDisabled(), true);
    assert.equal(await button("Previous").isDisabled(), true);
  });

  it("ends at Escape: the keys are the guest's again", async () => {
    await field().press("Escape");
    assert.equal(await field().inputValue(), "");
    assert.equal(await visit.page.getByText("not there").count(), 0);
    assert.equal(await focused(), "Serial console");
    assert.deepEqual(visit.complaints, []);
  });
});
