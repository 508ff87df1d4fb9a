/** Do two Lodges on one host keep out of each other's way? */
import assert from "node:assert/strict";
import { it } from "node:test";
import { exec } from "#base/exec";
import { networkOf, TestLodge } from "../daemon.ts";

it("two Lodges share no bridge, subnet, table or guest, and one's end leaves the other alone", async () => {
  await using left = await TestLodge.start();
  const networks = [];
  {
    await using right = await TestLodge.start();
    assert.notEqual(left.tag, right.tag);
    for (const lodge of [left, right]) {
      const network = (await lodge.client.call("networkList")).find(({ name }) => name === "default");
      networks.push(network!);
    }
    assert.notEqual(networks[0]!.subnet, networks[1]!.subnet);
    assert.notEqual(networks[0]!.bridge, networks[1]!.bridge);
    const guests = await Promise.all([left, right].map((lodge) => lodge.run({ name: "same" })));
    assert.notEqual(guests[0]!.nics[0]!.address, guests[1]!.nics[0]!.address);
    await Promise.all([left, right].map((lodge) => lodge.sh("same", "true")));
    await right.restart();
    assert.equal((await right.client.call("guestList")).length, 1);
  }
  assert.ok((await networkOf(left.tag)).length >= 3, "bridge, table and tap are not all there");
  const { nics, state } = await left.guest("same");
  assert.equal(state, "running");
  await exec("ping", ["-c", "1", "-w", "30", nics[0]!.address!]);
});
