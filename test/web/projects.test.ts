/** Can one work in one project at a time, and see who may what in it? */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { importBlank } from "../fakes/furnish.ts";
import { account, Visit } from "./browser.ts";
import { violations } from "./violations.ts";

const memory = 16_777_216;

describe("projects, in a browser", () => {
  let visit: Visit;
  before(async () => {
    visit = await Visit.begin();
    const { client } = visit.daemon;
    await importBlank(client, "debian-13");
    await client.call("imageUpdate", { params: { image: "debian-13" }, body: { shared: true } });
    await client.call("projectCreate", { body: { name: "shop", description: "The web shop" } });
    for (const [project, name] of [
      ["default", "web"],
      ["default", "mail"],
      ["shop", "web"],
      ["shop", "orders"],
    ] as const) {
      const body = { image: "debian-13", name, memory, start: false, description: `${name} of ${project}` };
      await client.waitFor(await client.call("guestCreate", { query: { project }, body }));
    }
    await client.call("userCreate", { body: { name: "ann", role: "none" } });
    await visit.signUp();
  });
  after(() => visit.end());

  const names = async () =>
    (
      await visit.page.locator("main a[href*='/guests/']:not([href='/guests/new'])").allTextContents()
    ).toSorted();
  /** The page draws its list anew in its own time. */
  const lists = async (...wanted: readonly string[]) => {
    for (let tries = 0; tries < 300 && (await names()).join() !== wanted.join(); tries++)
      await visit.page.evaluate("new Promise(requestAnimationFrame)");
    assert.deepEqual(await names(), wanted);
  };
  const choose = async (now: string, then: string) => {
    await visit.page.getByRole("button", { name: `Project: ${now}` }).click();
    await visit.page.getByRole("menuitem", { name: then }).click();
    await visit.page.getByRole("button", { name: `Project: ${then}` }).waitFor();
  };

  it("all are shown, until one is chosen", async () => {
    await visit.page.getByRole("link", { name: "orders" }).waitFor();
    await lists("mail", "orders", "web", "web");
    await choose("All projects", "shop");
    await lists("orders", "web");
  });

  it("a name leads to the guest of the project that is looked at", async () => {
    await visit.page.getByRole("link", { name: "web", exact: true }).click();
    await visit.page.getByText("web of shop").waitFor();
    assert.match(visit.page.url(), /\/guests\/web$/);
    await choose("shop", "default");
    await lists("mail", "web");
    await visit.page.getByRole("link", { name: "web", exact: true }).click();
    await visit.page.getByText("web of default").waitFor();
    await choose("default", "All projects");
    await visit.page.locator("main a[href*='/guests/g']").first().click();
    await visit.page.getByText(/ of shop/).waitFor();
  });

  it("a new guest is made in it", async () => {
    await visit.open("/guests");
    await choose("All projects", "shop");
    await visit.open("/guests/new");
    await visit.page.getByLabel("Name").fill("cart");
    await visit.page.getByRole("button", { name: /^Create/ }).click();
    await visit.page.getByRole("heading", { name: "cart" }).waitFor();
    const made = await visit.daemon.client.call("guestGet", {
      params: { guest: "cart" },
      query: { project: "shop" },
    });
    assert.equal(made.project, "shop");
  });

  it("a role is granted, changed and taken away", async () => {
    const { client } = visit.daemon;
    const members = () => client.call("memberList", { params: { project: "shop" } });
    await visit.open("/projects");
    await visit.page.getByRole("button", { name: "Actions: shop" }).click();
    await visit.page.getByRole("menuitem", { name: "Members" }).click();
    const dialog = visit.page.getByRole("dialog");
    await dialog.getByText("Nobody was granted a role").waitFor();
    await dialog.getByLabel("Account").fill("ann");
    await dialog.getByRole("button", { name: "Grant" }).click();
    const role = dialog.getByLabel("Role: ann");
    await role.waitFor();
    assert.deepEqual(await members(), [{ user: "ann", role: "operator", everywhere: "none" }]);
    const granted = visit.page.waitForResponse((response) => response.request().method() === "POST");
    await role.selectOption("viewer");
    await granted;
    assert.equal((await members())[0]?.role, "viewer");
    assert.deepEqual(await violations(visit.page, { within: "[role=dialog]" }), []);
    await dialog.getByRole("button", { name: "Remove: ann" }).click();
    await dialog.getByText("Nobody was granted a role").waitFor();
    assert.deepEqual(await members(), []);
  });

  it("one is made, and one that holds something stays and says what", async () => {
    await visit.open("/projects");
    await visit.page.getByRole("button", { name: "New project" }).click();
    await visit.page.getByRole("dialog").getByLabel("Name").fill("lab");
    await visit.page.getByRole("button", { name: "Create" }).click();
    await visit.row("lab").waitFor();
    await visit.page.getByRole("button", { name: "Actions: shop" }).click();
    await visit.page.getByRole("menuitem", { name: "Remove" }).click();
    await visit.page.getByRole("dialog").getByRole("textbox").fill("shop");
    await visit.page.getByRole("dialog").getByRole("button", { name: "Remove shop?" }).click();
    await visit.page.getByText(/still holds guest/).waitFor();
  });

  it("whoever has a role in one alone sees that one, and no switch", async () => {
    const { client } = visit.daemon;
    await client.call("memberGrant", {
      params: { project: "shop" },
      body: { user: account.name, role: "viewer" },
    });
    await client.call("userCreate", { body: { name: "root", role: "admin" } });
    await client.call("userUpdate", { params: { user: account.name }, body: { role: "none" } });
    await visit.open("/guests");
    await visit.page.getByRole("link", { name: "orders" }).waitFor();
    await lists("cart", "orders", "web");
    assert.equal(await visit.page.getByRole("button", { name: /^Project:/ }).count(), 0);
    for (const page of ["People", "Audit log", "Hosts"])
      assert.equal(await visit.page.getByRole("link", { name: page }).count(), 0, page);
    assert.deepEqual(visit.complaints, []);
  });
});
