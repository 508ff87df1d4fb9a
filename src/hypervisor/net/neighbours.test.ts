import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { mergeAddresses } from "./neighbours.ts";

describe("known addresses", () => {
  it("are the reserved ones, marked when heard of, and those a guest gave itself", () => {
    const reserved = [
      { mac: "52:54:00:00:00:01", address: "10.64.5.7" },
      { mac: "52:54:00:00:00:02", address: "10.64.5.8" },
    ];
    const heard = [
      { dst: "10.64.5.7", lladdr: "52:54:00:00:00:01", state: ["REACHABLE"] },
      { dst: "10.64.5.8", state: ["INCOMPLETE"] },
      { dst: "10.64.5.66", lladdr: "52:54:00:00:00:02", state: ["STALE"] },
      { dst: "10.64.5.67", lladdr: "52:54:00:00:00:02", state: ["FAILED"] },
    ];
    assert.deepEqual(mergeAddresses(reserved, heard), [
      { mac: "52:54:00:00:00:01", address: "10.64.5.7", seen: true },
      { mac: "52:54:00:00:00:02", address: "10.64.5.8", seen: false },
      { mac: "52:54:00:00:00:02", address: "10.64.5.66", seen: false },
    ]);
  });
});
