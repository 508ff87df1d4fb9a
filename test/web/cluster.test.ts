/** Can one see a cluster in a browser, and work on its hosts? */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, it } from "node:test";
import type { Schemas } from "#contract/schemas";
import { ensureWeb, webFolder } from "../../tools/web.ts";
import { ClusteredDaemon } from "../fakes/clustered-daemon.ts";
import { Visit } from "./browser.ts";
import { clusterPages } from "./page-list.ts";
import { assertUsable } from "./usable.ts";
import { violations } from "./violations.ts";

let visit: Visit<ClusteredDaemon>;
const never = new AbortController().signal;
before(async () => {
  await ensureWeb();
  visit = await Visit.at(await ClusteredDaemon.start(webFolder));
  await visit.signUp();
});
after(() => visit.end());

describe("everybody can use its pages", () => {
  for (const [path, sign] of clusterPages)
    it(path, () =>
      assertUsable(visit.page, async () => {
        const { page } = visit;
        await visit.open(path);
        // The words may also be in the way that led here, which is there before the page is.
        await page.getByRole("heading", { level: 1 }).waitFor();
        await page.getByText(sign).or(page.getByLabel(sign)).first().waitFor({ state: "attached" });
      }),
    );
  after(() => visit.page.setViewportSize({ width: 1440, height: 900 }));
});

describe("guests of all hosts", () => {
  it("are listed with their hosts, and those of one alone", async () => {
    const { page } = visit;
    await visit.open("/guests");
    await visit.row("database").getByRole("link", { name: "beta" }).waitFor();
    await page.getByLabel("Host", { exact: true }).selectOption("alpha");
    await page.getByText("1 of 4").waitFor();
    assert.match(await page.evaluate<string>("location.search"), /host=alpha/);
  });

  it("lead to the pages of their hosts", async () => {
    const { page } = visit;
    await visit.open("/guests/web-2");
    await page.getByRole("link", { name: "on beta" }).click();
    await page.getByRole("heading", { level: 1, name: "beta" }).waitFor();
    await page.getByRole("table", { name: "Guests" }).getByRole("link", { name: "web-2" }).waitFor();
  });

  it("say where they may be, and whether they come back", async () => {
    const { page, daemon } = visit;
    await visit.open("/guests/database");
    await page
      .getByRole("region", { name: "In the cluster" })
      .getByRole("button", { name: "Change" })
      .click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("Comes back on another host").click();
    await dialog.getByLabel("Apart from").fill("app=db, web-1");
    await dialog.getByLabel("It has to be so").check();
    assert.deepEqual(await violations(page, { within: "[role=dialog]" }), []);
    await dialog.getByRole("button", { name: "Save" }).click();
    await page.getByText("yes, priority 100").waitFor();
    const { ha, placement } = daemon.services.known.get("database")!;
    assert.deepEqual(ha, { priority: 100 });
    assert.deepEqual(placement, {
      antiAffinity: [
        { label: "app=db", required: true },
        { guest: "web-1", required: true },
      ],
    });
  });
});

describe("a guest", () => {
  const open = async (guest: string) => {
    await visit.open("/guests");
    await visit.page.getByRole("button", { name: `Actions: ${guest}` }).click();
    await visit.page.getByRole("menuitem", { name: "Move to another host" }).click();
    return visit.page.getByRole("dialog");
  };

  it("that cannot go says why, and what would let it", async () => {
    const dialog = await open("database");
    await dialog.getByText("2 things keep it from going to beta").waitFor();
    await dialog.getByText("Move others away from alpha").waitFor();
    assert.equal(await dialog.getByRole("button", { name: "Move", exact: true }).isDisabled(), true);
    assert.deepEqual(await violations(visit.page, { within: "[role=dialog]" }), []);
    await dialog.getByRole("button", { name: "Cancel" }).click();
  });

  it("moves to the host that is chosen, and can be stopped on its way", async () => {
    const { page, daemon } = visit;
    const { operations } = daemon.services;
    const dialog = await open("web-1");
    await dialog.getByLabel("To").selectOption("beta");
    await dialog.getByText("It can go to beta.").waitFor();
    await dialog.getByRole("button", { name: "Move", exact: true }).click();
    await dialog.waitFor({ state: "detached" });
    const [begun] = (await operations.list({})).items.slice(-1);
    assert.equal(begun?.kind, "guest.move");
    await page.getByRole("link", { name: "web-1" }).click();
    const moving = page.getByRole("region", { name: "On its way to another host" });
    await moving.waitFor();
    const told = operations.advance(begun.id, {
      progress: { fraction: 0.7, message: "sending memory: 120 MiB left, about 1.2 s more" },
    });
    daemon.services.events.change("operation", begun.id, told);
    await moving.getByText("about 1.2 s more").waitFor();
    assert.deepEqual(await violations(page), []);
    await moving.getByRole("button", { name: "Give up the move" }).click();
    const { status } = await operations.wait(begun.id, { seconds: 20, seen: told.sequence }, never);
    assert.equal(status, "cancelled");
    daemon.services.events.change("operation", begun.id, await operations.get(begun.id));
    await moving.waitFor({ state: "detached" });
  });

  it("goes to a host outside by the token that this one gave", async () => {
    const dialog = await open("web-1");
    const action = dialog.getByRole("button", { name: "Move", exact: true });
    await dialog.getByLabel("To", { exact: true }).selectOption({ label: "A host outside, by its token" });
    assert.equal(await action.isDisabled(), true);
    await dialog.getByLabel("Token").fill("lodge-move-WyJ2MDEyMzQ1Njc4OSJd");
    await dialog.getByLabel("Name there").fill("shop");
    await dialog.getByText("It can go to beta.").waitFor();
    assert.deepEqual(await violations(visit.page, { within: "[role=dialog]" }), []);
    assert.equal(await action.isEnabled(), true);
    await dialog.getByRole("button", { name: "Cancel" }).click();
  });

  it("is let in from outside, and taken where its source is lost", async () => {
    const { page } = visit;
    await visit.open("/hosts");
    await page.getByRole("button", { name: "Receive a guest" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText(/^lodge-move-/).waitFor();
    const waiting = dialog.getByRole("region", { name: "Waiting for their source's word" });
    await waiting.getByText("web, from desk").waitFor();
    assert.deepEqual(await violations(page, { within: "[role=dialog]" }), []);
    await waiting.getByRole("button", { name: "It is this host's" }).click();
    await waiting.waitFor({ state: "detached" });
    await dialog.getByRole("button", { name: "Close" }).last().click();
  });
});

describe("a guest whose host does not answer", () => {
  it("is started from its replica by who has read what is missing there, and accepts it", async () => {
    const { page, daemon } = visit;
    const { replicas } = daemon.services;
    const asked: unknown[] = [];
    const { promote } = replicas;
    replicas.promote = (ref, body) => (asked.push([ref, body]), promote("archive", body));
    await visit.open("/guests/archive");
    await page.getByText("gamma does not answer", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Start it from its replica" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText(/What archive wrote after 2 Jan 2026.* is missing in its replica/).waitFor();
    await dialog.getByText("gamma has to be off").waitFor();
    const start = dialog.getByRole("button", { name: "Start it on beta" });
    assert.equal(await start.isDisabled(), true);
    assert.deepEqual(await violations(page, { within: "[role=dialog]" }), []);
    await dialog.getByLabel("It starts without what is missing").check();
    await start.click();
    await dialog.waitFor({ state: "detached" });
    await page.getByText("archive starts on h2.").waitFor();
    const { id } = daemon.services.known.get("archive")!;
    assert.deepEqual(asked, [[id, { acceptLoss: true }]]);
    replicas.promote = promote;
  });
});

describe("a guest that is to be made", () => {
  it("is said beforehand where it would go, and why not elsewhere", async () => {
    const { page, daemon } = visit;
    const image: Schemas["Image"] = {
      id: "i000000000a",
      name: "debian-13",
      project: "default",
      description: "",
      labels: {},
      createdAt: "2026-01-02T03:04:05.000Z",
      kind: "disk",
      format: "qcow2",
      size: 2 ** 31,
      stored: 2 ** 30,
      agent: "lodge",
      cloudInit: true,
      firmware: ["bios"],
      source: { file: "/srv/debian-13.qcow2" },
      shared: false,
    };
    daemon.services.images.list = async () => ({ items: [image], at: "" });
    await visit.open("/guests/new");
    await page.getByRole("button", { name: "Where would it go?" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("It goes to birch.").waitFor();
    const best = dialog.getByRole("region", { name: "Hosts that can have it" }).getByRole("listitem").first();
    await best.getByText("birch").waitFor();
    await best.getByText(": its image is there").waitFor();
    await dialog.getByRole("region", { name: "Hosts that cannot" }).getByText("cedar").waitFor();
    assert.deepEqual(await violations(page, { within: "[role=dialog]" }), []);
  });
});

describe("hosts", () => {
  const host = (name: string) =>
    visit.page.getByRole("table", { name: "Hosts" }).getByRole("row").filter({ hasText: name });

  it("are there with how they are, and how the cluster is", async () => {
    const { page } = visit;
    await visit.open("/hosts");
    await host("gamma").getByText("does not answer").waitFor();
    await page.getByText("2 of the 3 hosts").waitFor();
    await host("beta").getByText("0 B of 32 GiB").waitFor();
  });

  it("are told of as they change", async () => {
    const { services } = visit.daemon;
    const [alpha, beta, gamma] = services.cluster.shown;
    services.cluster.shown = [alpha!, beta!, { ...gamma!, answers: true }];
    services.events.change("host", gamma!.id, { ...gamma, answers: true });
    await host("gamma").getByText("does not answer").waitFor({ state: "detached" });
    services.cluster.shown = [alpha!, beta!, gamma!];
    services.events.change("host", gamma!.id, gamma);
    await host("gamma").getByText("does not answer").waitFor();
  });

  it("are emptied by a plan that is shown first", async () => {
    const { page, daemon } = visit;
    await page.getByRole("button", { name: "Actions: beta" }).click();
    await page.getByRole("menuitem", { name: "Drain" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("1 guest goes to another host").waitFor();
    await dialog.getByText("no host has 8 GiB of memory left").waitFor();
    await dialog.getByText("Free memory on alpha, or give it less.").waitFor();
    assert.deepEqual(await violations(page, { within: "[role=dialog]" }), []);
    assert.equal((await daemon.others.operations.list({})).items.length, 0);
    await dialog.getByRole("button", { name: "Drain what can go" }).click();
    await dialog.waitFor({ state: "detached" });
    const [begun] = (await daemon.others.operations.list({})).items;
    assert.equal(begun?.kind, "host.drain");
  });

  it("join by a command that is copied", async () => {
    const { page } = visit;
    await page.getByRole("button", { name: "Add a host" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("lodge cluster join lodge-join-x").waitFor();
    await dialog.getByRole("button", { name: "Copy the command" }).waitFor();
    assert.deepEqual(await violations(page, { within: "[role=dialog]" }), []);
    await dialog.getByRole("button", { name: "Close" }).last().click();
  });

  it("have fence devices, which are set, and a person's word in place of one", async () => {
    const { page, daemon } = visit;
    const fences = page.getByRole("table", { name: "Fence devices" });
    const fence = (name: string) => fences.getByRole("row").filter({ hasText: name });
    await fence("alpha").getByText("/usr/local/sbin/power-off 192.0.2.101").waitFor();
    await fence("beta").getByRole("button").click();
    await page.getByRole("menuitem", { name: "Set" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Command").fill("/usr/local/sbin/power-off\n192.0.2.102");
    assert.deepEqual(await violations(page, { within: "[role=dialog]" }), []);
    await dialog.getByRole("button", { name: "Save" }).click();
    await fence("beta").getByText("/usr/local/sbin/power-off 192.0.2.102").waitFor();
    await fence("gamma").getByRole("button").click();
    await page.getByRole("menuitem", { name: "It is off" }).click();
    await dialog.getByRole("textbox").fill("gamma");
    await dialog.getByRole("button", { name: "It is off" }).click();
    await dialog.waitFor({ state: "detached" });
    assert.equal(await daemon.services.fences.switchOff("gamma", "gamma"), undefined);
    await fence("beta").getByRole("button").click();
    await page.getByRole("menuitem", { name: "Remove" }).click();
    await dialog.getByRole("button", { name: "Remove" }).click();
    await fence("beta").getByText("none:").waitFor();
  });

  it("are made more even by a plan that is shown first, one move after another", async () => {
    const { page, daemon } = visit;
    const { operations } = daemon.services;
    await page.getByRole("button", { name: "Rebalance" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("beta is 31 % fuller than the mean").waitFor();
    await dialog.getByText("The hosts' loads are 42% apart").waitFor();
    assert.deepEqual(await violations(page, { within: "[role=dialog]" }), []);
    await dialog.getByRole("button", { name: "Move them" }).click();
    await dialog.getByText("moving", { exact: true }).waitFor();
    const begun = (await operations.list({})).items.at(-1)!;
    assert.equal(begun.kind, "guest.move");
    operations.advance(begun.id, { status: "succeeded" });
    await dialog.getByText("there", { exact: true }).waitFor();
    await dialog.getByRole("button", { name: "Close" }).last().click();
  });

  it("have what the cluster knows downloaded, or written to a file of one", async () => {
    const { page } = visit;
    await page.getByRole("button", { name: "Back up" }).click();
    const dialog = page.getByRole("dialog");
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      dialog.getByRole("button", { name: "Download" }).click(),
    ]);
    assert.match(download.suggestedFilename(), /^cluster-.*\.backup$/);
    assert.equal(await readFile(await download.path(), "utf8"), "all of it");
    await dialog.getByText("It has been downloaded: 9 B.").waitFor();
    await dialog.getByRole("button", { name: "Close" }).last().click();
    await page.getByRole("button", { name: "Back up" }).click();
    await dialog.getByLabel("Where to").selectOption("A file on alpha");
    await dialog.getByLabel("File on alpha").fill("/srv/backup/cluster");
    assert.deepEqual(await violations(page, { within: "[role=dialog]" }), []);
    await dialog.getByRole("button", { name: "Write" }).click();
    await dialog.getByText("/srv/backup/cluster has it all").waitFor();
    await dialog.getByRole("button", { name: "Close" }).last().click();
  });

  it("are filled by a policy that is changed there", async () => {
    const { page } = visit;
    const section = page.getByRole("region", { name: "Where guests go" });
    await section.getByText("the host that stays emptiest").waitFor();
    await section.getByRole("button", { name: "Change" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Guests are spread anew").selectOption("by a plan that is carried out");
    await dialog.getByLabel("In these hours").fill("22-6");
    await dialog.getByLabel("Room is kept for the failure of").selectOption("1 host");
    assert.deepEqual(await violations(page, { within: "[role=dialog]" }), []);
    await dialog.getByRole("button", { name: "Save" }).click();
    await section.getByText("by a plan that is carried out, 22-6 o'clock").waitFor();
  });

  it("leave only while they have no guests", async () => {
    const { page } = visit;
    await page.getByRole("button", { name: "Actions: beta" }).click();
    assert.equal(await page.getByRole("menuitem", { name: "Leave the cluster" }).isDisabled(), true);
    await page.keyboard.press("Escape");
  });

  it("are removed only by who types their name, and are then gone", async () => {
    const { page } = visit;
    await page.getByRole("button", { name: "Actions: gamma" }).click();
    await page.getByRole("menuitem", { name: "Remove" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("1 guest is still on it.").waitFor();
    await dialog.getByRole("textbox").fill("gamma");
    await dialog.getByRole("button", { name: "Remove" }).click();
    await host("gamma").waitFor({ state: "detached" });
  });

  it("that do not answer are named where their things are missing", async () => {
    const { page, complaints } = visit;
    await visit.open("/volumes");
    await page.getByText("gamma does not answer: what is on it is not shown here.").waitFor();
    await page.getByRole("table", { name: "Pools" }).getByRole("link", { name: "beta" }).first().waitFor();
    assert.deepEqual(complaints, []);
  });
});

describe("a host that is alone", () => {
  it("can be made the first of a cluster", async () => {
    const { page, daemon } = visit;
    daemon.services.cluster.shown = [];
    await visit.open("/hosts");
    await page.getByRole("button", { name: "Make a cluster of this host" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("Guests go on running").waitFor();
    assert.deepEqual(await violations(page, { within: "[role=dialog]" }), []);
    await dialog.getByLabel("This host's name").fill("first");
    await dialog.getByRole("button", { name: "Make a cluster of this host" }).click();
    await dialog.waitFor({ state: "detached" });
    const [begun] = (await daemon.services.operations.list({})).items.slice(-1);
    assert.equal(begun?.kind, "cluster.init");
  });
});
