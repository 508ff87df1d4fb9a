/** Can everybody use every page, dialog and menu? */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { furnish } from "../fakes/furnish.ts";
import { Visit } from "./browser.ts";
import { pages } from "./page-list.ts";
import { assertUsable, look } from "./usable.ts";
import { violations } from "./violations.ts";

let visit: Visit;
before(async () => {
  visit = await Visit.begin();
  await furnish(visit.daemon.client);
  await visit.signUp();
});
after(() => visit.end());

async function show(path: string, sign: string): Promise<void> {
  const { page } = visit;
  await visit.open(path);
  await page.getByText(sign).or(page.getByLabel(sign)).first().waitFor({ state: "attached" });
}

describe("pages, light and dark and at a phone's width", () => {
  for (const [path, sign] of pages) it(path, () => assertUsable(visit.page, () => show(path, sign)));
});

describe("dialogs and menus", () => {
  before(() => look(visit.page, "light", 1440));
  const opening: readonly (readonly [what: string, path: string, open: () => Promise<void>])[] = [
    [
      "what can be done to a guest",
      "/guests",
      () => visit.page.getByRole("button", { name: "Actions: web-1" }).click(),
    ],
    [
      "the question before a delete",
      "/guests",
      async () => {
        await visit.page.getByRole("button", { name: "Actions: web-1" }).click();
        await visit.page.getByRole("menuitem", { name: "Delete" }).click();
        await visit.page.getByRole("dialog").waitFor();
      },
    ],
    [
      "the form of a snapshot",
      "/guests/database/snapshots",
      () => visit.page.getByRole("button", { name: "Take a snapshot" }).click(),
    ],
    [
      "the question before a restore",
      "/guests/lab/snapshots",
      () => visit.page.getByRole("button", { name: "Restore: clean" }).click(),
    ],
    [
      "the form of a directory",
      "/providers",
      async () => {
        await visit.page.getByRole("button", { name: "Add a provider" }).first().click();
        await visit.page.getByRole("dialog").getByLabel("Kind").selectOption("LDAP");
      },
    ],
    [
      "the groups of somebody",
      "/users",
      async () => {
        await visit.page
          .getByRole("button", { name: /^Actions: / })
          .first()
          .click();
        await visit.page.getByRole("menuitem", { name: "Groups" }).click();
      },
    ],
    [
      "the form of a shared folder",
      "/guests/archive/disks",
      () => visit.page.getByRole("button", { name: "Share a folder" }).click(),
    ],
    [
      "the form of a device of the host",
      "/guests/archive/disks",
      () => visit.page.getByRole("button", { name: "Hand on a device" }).click(),
    ],
    [
      "the palette, with what it found marked",
      "/guests",
      async () => {
        await visit.page.keyboard.press("Control+k");
        await visit.page.getByRole("dialog").getByRole("textbox").fill("web-1");
        await visit.page.keyboard.press("ArrowDown");
        await visit.page.locator("[data-action][data-selected]").waitFor();
      },
    ],
    ["the keys", "/guests", () => visit.page.keyboard.press("?")],
    [
      "all settings of a new guest",
      "/guests/new",
      () => visit.page.getByRole("button", { name: "More settings" }).click(),
    ],
    [
      "the form of a token",
      "/tokens",
      () => visit.page.getByRole("button", { name: "New token" }).first().click(),
    ],
    [
      "the form of a provider",
      "/providers",
      () => visit.page.getByRole("button", { name: "Add a provider" }).first().click(),
    ],
    [
      "what templates may take",
      "/templates",
      () => visit.page.getByRole("button", { name: "Change" }).click(),
    ],
    [
      "the form of a project",
      "/projects",
      () => visit.page.getByRole("button", { name: "New project" }).first().click(),
    ],
    [
      "the members of a project",
      "/projects",
      async () => {
        await visit.page.getByRole("button", { name: "Actions: default" }).click();
        await visit.page.getByRole("menuitem", { name: "Members" }).click();
      },
    ],
    [
      "the form of a user",
      "/users",
      () => visit.page.getByRole("button", { name: "Add somebody" }).first().click(),
    ],
  ];
  for (const [what, path, open] of opening) {
    it(what, async () => {
      await visit.open(path);
      await visit.page.getByRole("heading", { level: 1 }).waitFor();
      await open();
      await visit.page.locator("[role=dialog], [role=menu], textarea").first().waitFor();
      // They hang at the page's end, outside of its parts, so that no row of a table cuts them off.
      assert.deepEqual(await violations(visit.page, { but: ["region"] }), []);
    });
  }
});
