/** Does nothing of one project's network come to another's, whatever a guest sends? */
import { inOwnNamespace } from "./own-namespace.ts";
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { exec } from "#base/exec";
import { MemoryStore } from "#durable/store/memory";
import { hasCode } from "#contract/errors";
import { Networks } from "#domain/network/networks";
import type { Member, RecordedNic } from "#domain/network/member";
import { addressKey } from "#domain/network/record";
import { projectKey } from "#domain/project/record";
import { listOurs } from "#hypervisor/net/ours";
import { Machine } from "./machine.ts";

const tag = "bbbb";

interface Guest extends Member {
  readonly machine: Machine;
  readonly nic: RecordedNic & { readonly address: string };
}

describe("the networks of two projects", { skip: !inOwnNamespace && "needs root", timeout: 120_000 }, () => {
  const store = new MemoryStore();
  const members: Member[] = [];
  const guests: Guest[] = [];
  let folder = "";
  let networks: Networks;
  let web: Guest;
  let db: Guest;
  let granite: Guest;

  const make = () =>
    new Networks({ store, tag, folder: join(folder, "networks"), members: async () => members });

  /** A guest as far as networks care; its machine is a namespace at the end of a cable instead of a tap. */
  async function guest(name: string, project: string): Promise<Guest> {
    const nic = await networks.newNic("nic0", "default", project);
    const member = { id: name, name, project, nics: [nic], publish: [], process: {} };
    await store.transact({ put: networks.claims(member, [nic]) });
    members.push(member);
    await networks.attach(member);
    const port = networks.tapOf(name, "nic0");
    const record = await networks.byName("default", project);
    await networks.detach(member);
    const machine = await Machine.start({ port, mac: nic.mac, bridge: networks.bridgeOf(record) ?? "" });
    const made = { ...member, machine, nic: nic as Guest["nic"] };
    guests.push(made);
    return made;
  }

  before(async () => {
    folder = await mkdtemp("/tmp/lodge-test-projects-");
    await exec("chmod", ["755", folder]);
    for (const name of ["shop", "quarry"])
      await store.transact({
        put: [{ key: projectKey(name), value: { name, description: "", createdAt: "" } }],
      });
    networks = make();
    await networks.open();
    [web, db, granite] = [
      await guest("web", "shop"),
      await guest("db", "shop"),
      await guest("granite", "quarry"),
    ];
    for (const { machine, name } of guests) {
      assert.ok(await machine.dhcp(), `${name} gets an address`);
      await machine.answer(name, 80);
    }
  });

  after(async () => {
    for (const { machine } of guests) await machine.stop();
    await networks.removeAll();
    await rm(folder, { recursive: true, force: true });
    assert.deepEqual(await listOurs(tag), { bridges: [], vlans: [], taps: [], tables: [], dnsmasq: [] });
  });

  test("have subnets of their own, and give out addresses of each alone", async () => {
    const shown = await networks.list();
    const subnets = shown.flatMap(({ subnet }) => subnet ?? []);
    assert.equal(new Set(subnets).size, 3);
    assert.equal(new Set(shown.map(({ index }) => index)).size, shown.length);
    assert.ok(await store.get(addressKey("shop.default", web.nic.address)));
    assert.equal(await store.get(addressKey("quarry.default", web.nic.address)), undefined);
  });

  test("connect the guests of each, and nobody else", async () => {
    assert.ok(await web.machine.pings(db.nic.address));
    assert.match((await web.machine.get(db.nic.address, 80)) ?? "", /db/);
    assert.ok(!(await web.machine.pings(granite.nic.address)));
    assert.equal(await web.machine.get(granite.nic.address, 80), undefined);
    assert.equal(await granite.machine.get(web.nic.address, 80), undefined);
  });

  test("know the names of each alone", async () => {
    const ask = async ({ machine, project }: Guest, name: string) => {
      const settings = await networks.settings({ project }, web.nic).catch(() => undefined);
      return machine.lookup(`${name}.lodge.internal`, settings!.gateway!);
    };
    assert.deepEqual(await ask(web, "db"), [db.nic.address]);
    assert.deepEqual(await ask(web, "granite"), []);
    assert.deepEqual(await ask(granite, "web"), []);
  });

  test("carry no frame from one to the other, not even one for everybody", async () => {
    const received = async ({ machine }: Guest) =>
      Number(/eth0: *\d+ +(\d+)/.exec(await machine.run("cat", "/proc/net/dev"))?.[1]);
    const sent = 200;
    const before = await Promise.all([received(db), received(granite)]);
    const everybody = web.nic.address.replace(/\.\d+$/, ".255");
    await web.machine
      .run("ping", "-b", "-q", "-c", String(sent), "-i", "0.002", "-W", "1", everybody)
      .catch(() => "");
    // A frame for granite's own address, by way of no gateway.
    await web.machine.run("ip", "route", "add", granite.nic.address, "dev", "eth0");
    assert.ok(!(await web.machine.pings(granite.nic.address)));
    const [atDb = 0, atGranite = 0] = await Promise.all([received(db), received(granite)]);
    assert.ok(atDb - before[0]! >= sent, "what is sent to everybody comes to its own project's");
    assert.ok(atGranite - before[1]! < sent / 10, `${atGranite - before[1]!} frames came to another's`);
  });

  test("stay what they are when a daemon comes again", async () => {
    const ours = async () => Object.values(await listOurs(tag)).map((some) => some.toSorted());
    const before = await ours();
    await make().open();
    assert.deepEqual(await ours(), before);
    assert.ok(await web.machine.pings(db.nic.address));
    assert.equal(await web.machine.get(granite.nic.address, 80), undefined);
  });

  test("go with their project, and are made for none that is not there", async () => {
    await store.transact({
      put: [{ key: projectKey("brief"), value: { name: "brief", description: "", createdAt: "" } }],
    });
    await networks.newNic("nic0", "default", "brief");
    assert.ok((await networks.list()).some(({ project }) => project === "brief"));
    await networks.removeOf("brief");
    assert.ok(!(await networks.list()).some(({ project }) => project === "brief"));
    assert.equal((await listOurs(tag)).bridges.length, 3);
    for (const [network, project] of [
      ["default", "nowhere"],
      ["shop.default", "quarry"],
      ["nothing", "shop"],
    ] as const)
      await assert.rejects(networks.newNic("nic0", network, project), (error) =>
        hasCode(error, "network.not_found", "project.not_found"),
      );
  });
});
