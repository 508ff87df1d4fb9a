import assert from "node:assert/strict";
import { it } from "node:test";
import { shownAddresses } from "./addresses.ts";

const mac = "52:54:00:00:00:01";
const nics = [
  { id: "nic0", network: "default", mac, address: "10.0.0.2" },
  { id: "nic1", network: "lan", mac },
];

it("a guest's addresses are those that it is given, and those of its own that were heard", () => {
  const heard = [
    { tap: "tap nic0", address: "10.0.0.2", ago: 4 },
    { tap: "tap nic0", address: "fe80::1", ago: 9 },
    { tap: "tap nic1", address: "192.168.1.7", ago: 30 },
    { tap: "tap of another", address: "10.0.0.9", ago: 1 },
  ];
  assert.deepEqual(
    shownAddresses(nics, (nic) => `tap ${nic}`, heard),
    [
      { nic: "nic0", address: "10.0.0.2", given: true, heard: 4 },
      { nic: "nic0", address: "fe80::1", given: false, heard: 9 },
      { nic: "nic1", address: "192.168.1.7", given: false, heard: 30 },
    ],
  );
  assert.deepEqual(
    shownAddresses(nics, (nic) => nic, []),
    [{ nic: "nic0", address: "10.0.0.2", given: true }],
  );
});
