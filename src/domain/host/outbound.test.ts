import assert from "node:assert/strict";
import { networkInterfaces } from "node:os";
import { test } from "node:test";
import { hasCode } from "#contract/errors";
import { MemoryStore } from "#durable/store/memory";
import { changeOutbound, outboundFilter, outboundRules } from "./outbound.ts";

const parts = () => ({ store: new MemoryStore(), subnets: async () => ["10.77.3.0/24"] });

test("this host, links, clouds' credentials and Lodge's own networks are closed, all else is open", async () => {
  const may = await outboundFilter(parts());
  const closed = [
    "127.0.0.1",
    "127.9.9.9",
    "0.0.0.0",
    "::1",
    "::",
    "::ffff:127.0.0.1",
    "::ffff:7f00:1",
    "169.254.169.254",
    "fe80::1",
    "100.100.100.200",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "224.0.0.1",
    "10.77.3.9",
    ...Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => address)),
  ];
  for (const address of closed) assert.equal(may(address), false, address);
  for (const address of ["192.0.2.7", "10.77.4.9", "192.168.77.1", "2001:db8::1"])
    assert.equal(may(address), true, address);
});

test("what an admin opens is open, and what is no network is refused", async () => {
  const { store, subnets } = parts();
  await changeOutbound(store, { allow: ["127.0.0.1", "10.77.3.0/28"] });
  const may = await outboundFilter({ store, subnets });
  assert.deepEqual(["127.0.0.1", "127.0.0.2", "10.77.3.9", "10.77.3.99"].map(may), [
    true,
    false,
    true,
    false,
  ]);
  for (const wrong of ["localhost", "10.0.0.0/33", "10.0.0.0/x", ""])
    await assert.rejects(changeOutbound(store, { allow: [wrong] }), (error) => hasCode(error, "api.invalid"));
  assert.deepEqual(await outboundRules(store), { allow: ["127.0.0.1", "10.77.3.0/28"] });
});
