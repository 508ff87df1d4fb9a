import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { tapCreation, tapSetup } from "./tap.ts";

describe("the commands for a tap", () => {
  it("make it for root, or for the uid that may open it", () => {
    assert.equal(tapCreation("labcd0", {}), "tuntap add dev labcd0 mode tap");
    assert.equal(tapCreation("labcd0", { owner: 0 }), "tuntap add dev labcd0 mode tap user 0");
    assert.equal(tapCreation("labcd0", { owner: 65534 }), "tuntap add dev labcd0 mode tap user 65534");
  });

  it("put it into its bridge in one go, without an address of the host's on it", () => {
    assert.deepEqual(tapSetup("labcd0", "ldgabcd0", {}), [
      "link set dev labcd0 mtu 1500 master ldgabcd0 addrgenmode none",
      "link set dev labcd0 type bridge_slave learning on flood on",
      "link set dev labcd0 up",
    ]);
    assert.equal(
      tapSetup("labcd0", "ldgabcd0", { mac: "fe:00:00:00:00:01", mtu: 9000 })[0],
      "link set dev labcd0 address fe:00:00:00:00:01 mtu 9000 master ldgabcd0 addrgenmode none",
    );
  });

  it("let the bridge learn nothing from a port whose MAC is known", () => {
    const learns = tapSetup("labcd0", "ldgabcd0", { guestMac: "52:54:00:00:00:01" })[1];
    assert.equal(learns, "link set dev labcd0 type bridge_slave learning off flood off");
  });

  it("leave it alone and down where no bridge is given", () => {
    assert.deepEqual(tapSetup("labcd0", undefined, {}), [
      "link set dev labcd0 mtu 1500 nomaster addrgenmode none down",
    ]);
  });
});
