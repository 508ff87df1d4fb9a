/** Does a group hold between two guests that run, and is it known with which addresses they speak? */
import assert from "node:assert/strict";
import { it } from "node:test";
import { hasCode } from "#contract/errors";
import { eventually } from "./machine.ts";
import { TestLodge } from "../daemon.ts";

it("a group keeps a neighbour away from a guest that runs, and lets it in once a rule says so", async () => {
  await using lodge = await TestLodge.start();
  const { client } = lodge;
  const [web, db] = await Promise.all(["web", "db"].map((name) => lodge.run({ name })));
  const address = db!.nics[0]!.address!;
  const ping = () => lodge.sh("web", `ping -c 1 -W 2 ${address} > /dev/null && echo answered || echo silent`);
  const answers = async (wanted: "answered" | "silent") => assert.equal((await ping()).trim(), wanted);
  await eventually(() => answers("answered"));
  const { id } = await client.call("firewallCreate", { body: { name: "closed" } });
  const params = { firewall: id };
  await client.call("firewallAttach", { params, body: { guests: ["db"] } });
  await answers("silent");
  const body = { direction: "in", protocol: "icmp", peer: "guest:web" } as const;
  const { rules } = await client.call("firewallRuleAdd", { params, body });
  await answers("answered");
  await lodge.restart();
  await answers("answered");
  await client.call("firewallRuleDelete", { params: { ...params, rule: rules[0]!.id } });
  await answers("silent");
  await assert.rejects(client.call("firewallDelete", { params }), (error) =>
    hasCode(error, "firewall.in_use"),
  );

  const heard = await client.call("guestAddressList", { params: { guest: web!.id } });
  const own = heard.find((one) => one.address === web!.nics[0]!.address);
  assert.ok(own?.given === true && own.heard !== undefined, JSON.stringify(heard));
});
