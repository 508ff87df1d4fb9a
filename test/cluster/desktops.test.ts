/** Does whoever clicks get his desktop at whichever host of a cluster he asks, and another one when its host has died? */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { systemClock } from "#base/clock";
import { retry } from "#base/retry";
import { tinyMemory } from "../vm/daemon.ts";
import type { Host } from "./hosts/host.ts";
import { Hosts } from "./hosts/hosts.ts";

const skip = process.geteuid?.() !== 0 && "it takes root to make hosts";

const eventually = (assertion: () => Promise<void>, timeout: number): Promise<void> =>
  retry(assertion, { clock: systemClock, first: 100, longest: 500, timeout });

describe("desktops of two hosts", { skip }, () => {
  let hosts: Hosts;
  let [h1, h2] = [] as unknown as [Host, Host];
  before(async () => {
    hosts = await Hosts.start(2, { disk: 2 ** 30, bare: true });
    [h1, h2] = hosts.all as [Host, Host];
    for (const host of hosts.all) {
      await host.program("test/cluster/hosts/with-desktop.ts", [host.home]);
      await host.startDaemon();
    }
    await typed(h1, "cluster", "init");
    const line = (await typed(h1, "cluster", "token")).trim().split(" ");
    await typed(h2, ...line.slice(1));
    const shape = { image: "tiny", memory: tinyMemory, sound: false };
    const body = { name: "office", ...shape, entitled: { everyone: true } };
    await h1.client.call("desktopPoolCreate", { body: { ...body, standby: { count: 2 } } });
  });
  after(() => hosts?.[Symbol.asyncDispose]());

  async function typed(host: Host, ...words: string[]): Promise<string> {
    const { code, stdout, stderr } = await host.lodge(words);
    assert.equal(code, 0, `${host.name}: lodge ${words.join(" ")}\n${stdout}${stderr}\n${await host.log()}`);
    return stdout;
  }
  const connect = async (at: Host) => {
    const { desktop, ticket } = await at.client.call("myDesktopConnect", {
      params: { offer: "office" },
      body: { wait: 60 },
    });
    assert.ok(ticket);
    return { ...desktop, ticket };
  };
  const standbyHosts = async () =>
    (await h1.client.call("guestList"))
      .filter(({ desktop }) => desktop?.state === "standby")
      .map(({ host }) => host)
      .toSorted();
  let first: string;

  it("have a standby each", async () => {
    await eventually(async () => assert.deepEqual(await standbyHosts(), ["h1", "h2"]), 240_000);
  });

  it("lead their user to the one that he has, whichever he asks", async () => {
    const desktop = await connect(h2);
    assert.equal(desktop.host, "h2");
    const { id, ticket } = await connect(h1);
    assert.equal(id, desktop.id);
    first = desktop.guest!;
    const display = await h1.client.display(first, ticket);
    await eventually(async () => {
      const [shown] = await h1.client.call("desktopList", { query: {} });
      assert.deepEqual([shown!.id, shown!.host, shown!.state], [desktop.id, "h2", "ready"]);
      assert.equal(shown!.viewers.length, 1, "of another host");
    }, 10_000);
    display.destroy();
  });

  it("give him another at his next click, and make all standbys, when the host of that died, and nothing of it is left when it comes back", async () => {
    await h2.crash();
    await eventually(async () => {
      const [shown] = await h1.client.call("desktopList", { query: {} });
      assert.deepEqual([shown!.state, shown!.unheard], ["lost", true]);
    }, 60_000);
    const [offer] = await h1.client.call("myDesktopList");
    assert.deepEqual([offer!.state, offer!.lost?.host], ["lost", "h2"]);
    const desktop = await connect(h1);
    assert.deepEqual([desktop.host, desktop.replaces?.host], ["h1", "h2"]);
    const here = async () => (await standbyHosts()).filter((host) => host === "h1");
    await eventually(async () => assert.equal((await here()).length, 2), 120_000);
    await h2.boot();
    await h2.startDaemon();
    await eventually(async () => {
      const guests = await h1.client.call("guestList");
      assert.ok(!guests.some(({ id }) => id === first));
    }, 120_000);
    assert.equal((await connect(h2)).id, desktop.id);
  });
});
