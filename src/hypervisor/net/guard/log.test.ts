import assert from "node:assert/strict";
import { it } from "node:test";
import { parseLog } from "./log.ts";

it("the kernel's log has what the rules of this Lodge wrote, and what others did is not told", () => {
  const lines = [
    "2026-11-27T02:07:57,151287+00:00 lodge abcde r0000000001 IN=eth0 OUT=tap0 SRC=10.0.0.2 DST=10.0.0.3 PROTO=TCP",
    "2026-11-27T02:07:58,000001+00:00 lodge other r0000000001 IN=eth0",
    "2026-11-27T02:07:58,000002+00:00 lodge abcde r0000000002 IN=eth0",
    "2026-11-27T02:07:58,000003+00:00 device eth0 left promiscuous mode",
    "",
  ];
  assert.deepEqual(parseLog(lines.join("\n"), "abcde", ["r0000000001"]), [
    {
      at: "2026-11-27T02:07:57.151Z",
      rule: "r0000000001",
      text: "IN=eth0 OUT=tap0 SRC=10.0.0.2 DST=10.0.0.3 PROTO=TCP",
    },
  ]);
});
