/** Do new guests go to the host of a cluster that suits them, also where several are made at once? */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { hasCode } from "#contract/errors";
import type { Schemas } from "#contract/schemas";
import { tinyMemory } from "../vm/daemon.ts";
import { eventually } from "../vm/net/machine.ts";
import type { Host } from "./hosts/host.ts";
import { Hosts } from "./hosts/hosts.ts";

const skip = process.geteuid?.() !== 0 && "it takes root to make hosts";

async function typed(host: Host, ...words: string[]): Promise<string> {
  const { code, stdout, stderr } = await host.lodge(words);
  assert.equal(code, 0, `${host.name}: lodge ${words.join(" ")}\n${stdout}${stderr}\n${await host.log()}`);
  return stdout;
}

describe("three hosts", { skip }, () => {
  let hosts: Hosts;
  let h1: Host;
  let h2: Host;
  let h3: Host;
  before(async () => {
    hosts = await Hosts.start(3, { disk: 2 ** 30 });
    [h1, h2, h3] = hosts.all as [Host, Host, Host];
    await typed(h1, "cluster", "init");
    for (const host of [h2, h3]) {
      const line = (await typed(h1, "cluster", "token")).trim().split(" ");
      await typed(host, ...line.slice(1));
    }
    // Each says what it offers, and that it answers, a moment after it has joined.
    await eventually(async () => {
      const { ranking } = await decide(h1, {});
      assert.deepEqual(ranking.map(({ name }) => name).toSorted(), ["h1", "h2", "h3"]);
    });
  });
  after(() => hosts?.[Symbol.asyncDispose]());

  const asleep = (body: Schemas["GuestCreate"]): Schemas["GuestCreate"] => ({
    image: "tiny",
    memory: tinyMemory,
    start: false,
    ...body,
  });
  const decide = (at: Host, body: Schemas["GuestCreate"]): Promise<Schemas["PlacementDecision"]> =>
    at.client.call("placementExplain", { body: asleep(body) });
  const make = async (at: Host, body: Schemas["GuestCreate"], host?: string): Promise<void> => {
    const operation = await at.client.call("guestCreate", { body: asleep(body) }, { host });
    await at.client.waitFor(operation);
  };
  const guestsOn = async (host: string): Promise<string[]> =>
    (await h1.client.call("guestList", {}, { host })).map(({ name }) => name).toSorted();

  it("have a guest each where they would rather be apart, whichever is asked", async () => {
    const web = { labels: { app: "web" }, placement: { antiAffinity: [{ label: "app=web" }] } };
    for (const [n, at] of [h1, h1, h3].entries()) await make(at, { ...web, name: `web${n}` });
    const found = await Promise.all(["h1", "h2", "h3"].map(guestsOn));
    assert.deepEqual(
      found.map((names) => names.length),
      [1, 1, 1],
    );
  });

  it("never have two that have to be apart, though they are made at the same moment", async () => {
    const apart = [{ label: "app=db", required: true }];
    const db = { labels: { app: "db" }, placement: { antiAffinity: apart } };
    await Promise.all(hosts.all.map((at, n) => make(at, { ...db, name: `db${n}` })));
    for (const host of ["h1", "h2", "h3"]) {
      const own = (await guestsOn(host)).filter((name) => name.startsWith("db"));
      assert.equal(own.length, 1, `${host}: ${own.join(" ")}`);
    }
    await assert.rejects(make(h2, { ...db, name: "db3" }), (error) => hasCode(error, "placement.no_host"));
  });

  it("keep to labels, taints, company and what their owner says", async () => {
    await typed(h1, "host", "label", "h2", "--label", "ssd");
    await typed(h1, "host", "label", "h3", "--taint", "quiet");
    await make(h3, { name: "fast", placement: { hostLabels: ["ssd"] } });
    await make(h3, { name: "friend", placement: { affinity: [{ guest: "fast", required: true }] } });
    await make(h2, { name: "hermit", placement: { hosts: ["h3"], tolerations: ["quiet"] } });
    await make(h2, { name: "sent" }, "h1");
    const [on1, on2, on3] = await Promise.all(["h1", "h2", "h3"].map(guestsOn));
    assert.ok(on1!.includes("sent") && on2!.includes("fast") && on2!.includes("friend"));
    assert.ok(on3!.includes("hermit"));
    const { refusals } = await decide(h1, { placement: { hostLabels: ["ssd"], hosts: ["h1", "h2"] } });
    assert.deepEqual(
      refusals.map(({ name, reasons }) => [name, reasons.map(({ filter }) => filter)]),
      [
        ["h1", ["label"]],
        ["h3", ["taint", "chosen", "label"]],
      ],
    );
  });

  it("pass by one that does not answer", async () => {
    await h2.endDaemon();
    await eventually(async () => {
      const { refusals } = await decide(h1, {});
      const silent = refusals.find(({ name }) => name === "h2");
      assert.match(silent?.reasons[0]?.reason ?? "", /does not answer/);
    });
    await make(h3, { name: "late" });
    assert.ok((await guestsOn("h1")).includes("late"));
  });
});
