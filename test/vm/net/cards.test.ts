/** Do a guest's network cards come and go while it runs, and does each branch have cards of its own? */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { hasCode } from "#contract/errors";
import type { Schemas } from "#contract/schemas";
import { TestLodge } from "../daemon.ts";

type Guest = Schemas["Guest"];

describe("a guest's network cards", { timeout: 480_000 }, () => {
  let lodge: TestLodge;
  let peer: Guest;

  before(async () => {
    lodge = await TestLodge.start(undefined, { parked: false });
    await lodge.client.call("networkCreate", {
      body: { name: "inner", kind: "isolated", subnet: "10.213.77.0/24" },
    });
    await lodge.run({ name: "web", cold: true });
    const network = ["default", { network: "inner", address: "10.213.77.9" }];
    peer = await lodge.run({ name: "peer", cold: true, network });
  });
  after(() => lodge[Symbol.asyncDispose]());

  const add = (body: Schemas["NicAdd"]) =>
    lodge.done(lodge.client.call("nicAdd", { params: { guest: "web" }, body }));
  const ping = (guest: string, address: string) => lodge.sh(guest, `ping -c 1 -w 20 ${address} >/dev/null`);
  /** The addresses of a guest's card, found by its MAC. */
  const addresses = async (guest: string, mac: string) =>
    lodge.sh(
      guest,
      `for c in /sys/class/net/*; do
      [ "$(cat $c/address)" != ${mac} ] || ip -o address show dev \${c##*/} scope global | awk '{print $4}'
    done`,
    );

  it("are as they were asked for when it was made", async () => {
    assert.deepEqual(
      peer.nics.map(({ network }) => network),
      ["default", "inner"],
    );
    assert.equal(peer.nics[1]!.address, "10.213.77.9");
  });

  it("come while it runs, up and with their address", async () => {
    const { result } = await add({ network: "inner", mac: "52:54:00:aa:bb:01" });
    const { guest, nic } = result as { guest: Guest; nic: string };
    assert.equal(nic, "nic1");
    const card = guest.nics.find(({ id }) => id === nic)!;
    assert.equal(card.mac, "52:54:00:aa:bb:01");
    assert.match(await addresses("web", card.mac), new RegExp(`^${card.address}/24`));
    await ping("web", "10.213.77.9");
    await assert.rejects(add({ network: "inner", mac: card.mac }), (error) =>
      hasCode(error, "network.mac_taken"),
    );
    await assert.rejects(add({ network: "inner", address: "10.213.77.9" }), (error) =>
      hasCode(error, "network.address_unfit"),
    );
  });

  it("are a branch's own, each with another MAC and address", async () => {
    const body = { name: "web-two" };
    const { result } = await lodge.done(lodge.client.call("guestFork", { params: { guest: "web" }, body }));
    const [child] = (result as { guests: Guest[] }).guests;
    const parent = await lodge.guest("web");
    for (const [i, { mac, address, address6 }] of child!.nics.entries()) {
      assert.notEqual(mac, parent.nics[i]!.mac);
      const has = await addresses("web-two", mac);
      assert.match(has, new RegExp(`^${address}/24`, "m"));
      assert.match(has, new RegExp(`^${address6}/64`, "m"));
      assert.ok(!has.includes(parent.nics[i]!.address6!));
      assert.doesNotMatch(has, new RegExp(`^${parent.nics[i]!.address}/`, "m"));
    }
    await ping("web-two", parent.nics[1]!.address!);
    await lodge.done(
      lodge.client.call("guestDelete", { params: { guest: "web-two" }, query: { force: true } }),
    );
  });

  it("are there when it comes back from disk, and after the daemon's end", async () => {
    await lodge.done(lodge.client.call("guestSuspend", { params: { guest: "web" } }));
    await lodge.done(lodge.client.call("guestStart", { params: { guest: "web" } }));
    await ping("web", "10.213.77.9");
    await lodge.end("SIGKILL");
    await lodge.start();
    await ping("web", "10.213.77.9");
  });

  it("keep their network from being removed, and go while it runs", async () => {
    await assert.rejects(
      lodge.client.call("networkDelete", { params: { network: "inner" } }),
      (error) => hasCode(error, "network.in_use") && /peer.*web|web.*peer/.test(error.message),
    );
    await lodge.done(lodge.client.call("nicRemove", { params: { guest: "web", nic: "nic1" } }));
    assert.equal((await lodge.guest("web")).nics.length, 1);
    assert.equal(await addresses("web", "52:54:00:aa:bb:01"), "");
    await assert.rejects(
      lodge.done(lodge.client.call("nicRemove", { params: { guest: "web", nic: "nic0" } })),
      (error) => hasCode(error, "nic.not_live"),
    );
    // Another takes its place.
    await assert.rejects(add({ network: "user" }), (error) => hasCode(error, "nic.not_live"));
    const { result } = await add({ network: "inner" });
    assert.equal((result as { nic: string }).nic, "nic1");
    await lodge.done(lodge.client.call("nicRemove", { params: { guest: "web", nic: "nic1" } }));
  });
});
