import assert from "node:assert/strict";
import { it } from "node:test";
import { clusterChecks } from "./cluster-checks.ts";

const two = { name: "two", apart: 12 };

it("checks nothing of a host that stands alone", () => assert.deepEqual(clusterChecks(undefined), []));

it("finds a cluster well whose hosts answer, whose clocks agree and whose state is quick", () => {
  const found = clusterChecks({ hosts: [two], latency: 3 });
  assert.deepEqual(
    found.map(({ status }) => status),
    ["ok", "ok", "ok"],
  );
});

it("names the host that is not reached with its ports, the clock that is apart and the disk that is slow", () => {
  const silent = { name: "three", reason: "The host three does not answer: no answer came in time." };
  const behind = { name: "four", apart: -2_400 };
  const [reach, clocks, state] = clusterChecks({
    hosts: [two, silent, behind],
    latency: 80,
    ports: "9000 to 9002",
  });
  assert.match(`${reach!.summary} ${reach!.fix}`, /three does not answer.*9000 to 9002/);
  assert.match(clocks!.summary, /that of four is 2\.4 s behind/);
  assert.match(`${state!.status} ${state!.summary}`, /^warning .*80\.0 ms/);
});

it("says where nothing can be changed", () => {
  const [, , state] = clusterChecks({ hosts: [] });
  assert.equal(state!.status, "missing");
});
