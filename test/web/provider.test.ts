/** Does somebody with an account elsewhere get in by the buttons alone, and is a wrong answer said well? */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, describe, it } from "node:test";
import Provider from "oidc-provider";
import { base, password, reader, Slapd } from "../fakes/slapd.ts";
import { account, Visit } from "./browser.ts";

const secret = "a secret of the client's";

let visit: Visit;
let provider: Server;
let issuer: string;

before(async () => {
  visit = await Visit.begin();
  provider = createServer();
  provider.listen(0, "127.0.0.1");
  await once(provider, "listening");
  issuer = `http://localhost:${(provider.address() as AddressInfo).port}`;
  const answering = new Provider(issuer, {
    clients: [{ client_id: "lodge", client_secret: secret, redirect_uris: [`${visit.url}/`] }],
    claims: { openid: ["sub"], profile: ["preferred_username", "groups"] },
    conformIdTokenClaims: false,
    features: { devInteractions: { enabled: true } },
    cookies: { keys: ["only for tests"] },
    findAccount: (_context: unknown, id: string) => ({
      accountId: id,
      claims: () => ({ sub: id, preferred_username: id, groups: [`${id}s`] }),
    }),
  });
  provider.on("request", answering.callback());
  await visit.signUp();
});
after(async () => {
  await visit.end();
  provider.closeAllConnections();
  provider.close();
});

const button = (name: string | RegExp) => visit.page.getByRole("button", { name });

async function addProvider(form: Readonly<Record<string, string>>): Promise<void> {
  await visit.open("/providers");
  await button("Add a provider").first().click();
  const dialog = visit.page.getByRole("dialog");
  for (const [label, value] of Object.entries(form)) await dialog.getByLabel(label).first().fill(value);
  await dialog.getByRole("button", { name: "Add a provider" }).click();
}

async function signOut(): Promise<void> {
  await visit.open("/guests");
  await button(/^Your account/).click();
  await visit.page.getByRole("menuitem", { name: "Sign out" }).click();
  await visit.page.getByRole("heading", { name: "Sign in to Lodge" }).waitFor();
}

async function enter(name: string, given: string): Promise<void> {
  await visit.page.locator("input[name=username]").fill(name);
  await visit.page.locator("input[name=password]").fill(given);
  await visit.page.getByRole("button", { name: "Sign in", exact: true }).click();
  await visit.page.getByRole("heading", { name: "Guests" }).waitFor();
}

/** The provider knows by its cookies who was there before, and would send back at once. */
const forgetAtProvider = () => visit.page.context().clearCookies({ name: /^_(session|interaction)/ });

/** At the provider: who one is, and that Lodge may know it. */
async function goThrough(login: string): Promise<void> {
  const { page } = visit;
  await page.waitForURL(`${issuer}/**`);
  await page.locator("input[name=login]").fill(login);
  await page.locator("input[name=password]").fill("any");
  await page.locator("button[type=submit]").click();
  await page.locator("form button[type=submit]").click();
  await page.waitForURL(`${visit.url}/**`);
}

describe("a provider", () => {
  it("that does not answer is refused as it is added, with what to do", async () => {
    await addProvider({ Issuer: "http://localhost:9", Name: "nowhere", "Client ID": "lodge" });
    const said = visit.page.getByRole("dialog").getByRole("alert");
    await said.waitFor();
    assert.match((await said.textContent()) ?? "", /cannot be used to sign in with/);
  });

  it("is added, and answers when it is tried", async () => {
    await addProvider({
      Issuer: issuer,
      Name: "work",
      "Shown as": "Work",
      "Client ID": "lodge",
      "Client secret": secret,
      "Only with": "groups=operators",
    });
    await visit.row("Work").waitFor();
    await button("Try it: Work").click();
    await visit.page.getByText("Work answers.").waitFor();
  });

  it("does not let in who lacks the claim, and says so on the page that one comes back to", async () => {
    await signOut();
    await button("Sign in with Work").click();
    await goThrough("stranger");
    const said = visit.page.getByRole("alert");
    await said.waitFor();
    assert.match(
      (await said.textContent()) ?? "",
      /The sign-in with Work was not accepted: groups=operators is required/,
    );
    assert.equal(new URL(visit.page.url()).search, "", "what came back is not kept in the address");
    await button("Sign in with Work").waitFor();
  });

  it("lets in who it vouches for, up to the guests", async () => {
    await forgetAtProvider();
    const { client } = visit.daemon;
    await client.call("providerDelete", { params: { provider: "work" } });
    await client.call("providerCreate", {
      body: {
        kind: "oidc",
        name: "work",
        title: "Work",
        issuer,
        clientId: "lodge",
        secret,
        role: "operator",
      },
    });
    await visit.open("/guests");
    await button("Sign in with Work").click();
    await goThrough("operator");
    await visit.page.getByRole("heading", { name: "Guests" }).waitFor();
    await button("Your account: operator").waitFor();
  });

  it("that sends back an error leaves the way in open", async () => {
    await signOut();
    await forgetAtProvider();
    await button("Sign in with Work").click();
    await visit.page.waitForURL(`${issuer}/**`);
    await visit.page
      .getByText(/cancel/i)
      .first()
      .click();
    await visit.page.waitForURL(`${visit.url}/**`);
    await visit.page.getByRole("alert").waitFor();
    await button("Sign in with Work").waitFor();
  });
});

describe("a directory", () => {
  let slapd: Slapd;
  before(async () => {
    slapd = await Slapd.start();
    const { client } = visit.daemon;
    await client.call("outboundUpdate", { body: { allow: ["127.0.0.1"] } });
  });
  after(() => slapd.close());

  it("is added, and says of somebody what would come of a sign-in", async () => {
    const { page } = visit;
    await enter(account.name, account.password);
    await visit.open("/providers");
    await button("Add a provider").first().click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Kind").selectOption("LDAP");
    const form = {
      Servers: slapd.secure,
      Name: "corp",
      "Shown as": "Corp",
      Base: `ou=people,${base}`,
      "Base of groups": `ou=groups,${base}`,
      "Who reads it": reader.bindDn,
      "That one's password": reader.secret,
      "Its certificate authority": slapd.ca,
    };
    for (const [label, value] of Object.entries(form))
      await dialog.getByRole("textbox", { name: label, exact: true }).fill(value);
    await dialog.getByLabel("Role of who comes first").selectOption("operator");
    await dialog.getByRole("button", { name: "Add a provider" }).click();
    await visit.row("Corp").waitFor();
    await button("Try it: Corp").click();
    await page.getByRole("dialog").getByRole("textbox", { name: "Who" }).fill("ann");
    await page.getByRole("dialog").getByRole("button", { name: "Ask" }).click();
    await page.getByRole("status").getByText("would be made, for ann").waitFor();
    await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
  });

  it("lets in by name and password, and its groups stand beside those given here", async () => {
    const { page } = visit;
    await signOut();
    await enter("Ann", password);
    await button("Your account: ann").waitFor();
    await signOut();
    await enter(account.name, account.password);
    await visit.open("/users");
    await visit.row("ann").getByText("design").waitFor();
    await button("Actions: ann").click();
    await page.getByRole("menuitem", { name: "Groups" }).click();
    await page.getByRole("dialog").getByText("Told by corp").waitFor();
    await page.getByRole("dialog").getByRole("textbox", { name: "Groups" }).fill("staff of ours\n");
    await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
    await visit.row("ann").getByText("staff of ours, design").waitFor();
  });
});
