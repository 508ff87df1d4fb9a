import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { clusterStatus, type StatusFacts } from "./status.ts";

const now = 1_700_000_000_000;
const year = 365 * 86_400_000;

const member = (name: string, more: Partial<StatusFacts["members"][number]> = {}) => ({
  id: `h-${name}`,
  name,
  address: "198.51.100.1:8470",
  version: "1.2.0",
  wire: 3,
  voter: true as const,
  state: "active" as const,
  joinedAt: now,
  certificates: [{ serial: "1", until: now + year }],
  answers: true,
  ...more,
});
const facts = (more: Partial<StatusFacts> = {}): StatusFacts => ({
  id: "c1",
  host: "h-one",
  members: [member("one"), member("two"), member("three")],
  external: false,
  now,
  ...more,
});

describe("how a cluster is", () => {
  it("is well where all answer, and says how many may be away", () => {
    const { state, says, advice } = clusterStatus(facts());
    assert.equal(state, "well");
    assert.deepEqual(says, [
      "3 hosts, all of which answer.",
      "The state is kept by one, two and three: 1 of them may be away.",
    ]);
    assert.deepEqual(advice, []);
  });

  it("names who does not answer, and what to do about it", () => {
    const members = [member("one"), member("two", { answers: false }), member("three")];
    const { state, says, advice } = clusterStatus(facts({ members }));
    assert.equal(state, "weakened");
    assert.match(says[0]!, /^3 hosts; two does not answer\.$/);
    assert.match(advice[0]!, /See whether two is on .*lodge cluster remove HOST/);
  });

  it("says of a lost majority that nothing can be changed and guests run on, and who has to come back", () => {
    const members = [member("one"), member("two", { answers: false }), member("three", { answers: false })];
    const { state, says, advice } = clusterStatus(facts({ members, knownAt: now }));
    assert.equal(state, "stopped");
    assert.match(says[0]!, /no quorum.*nothing can be changed.*What runs goes on/);
    assert.ok(!says.some((line) => /not answer/.test(line)), "no beat tells who is there then");
    assert.match(advice[0]!, /two and three: 2 of the 3 that keep the state have to run/);
    const own = clusterStatus(facts({ knownAt: now, external: true }));
    assert.match(own.advice[0]!, /the etcd that this cluster uses/);
  });

  it("tells versions apart that work together from those that do not", () => {
    const near = [member("one"), member("two", { version: "1.3.0", wire: 4 }), member("three")];
    assert.match(clusterStatus(facts({ members: near })).advice[0]!, /works while you upgrade/);
    const far = [member("one"), member("two", { version: "1.5.0", wire: 5 }), member("three")];
    assert.match(
      clusterStatus(facts({ members: far })).advice[0]!,
      /^Upgrade one and three: .* too far apart/,
    );
  });

  it("says whose old version keeps the others from using theirs", () => {
    const members = [member("one"), member("two", { version: "1.3.0", wire: 4 }), member("three")];
    const { says } = clusterStatus(facts({ members, level: 3 }));
    assert.match(
      says[2]!,
      /as version 3 has them, until one and three are upgraded too: what version 4 adds/,
    );
    assert.equal(clusterStatus(facts({ level: 3 })).says.length, 2);
  });

  it("counts a witness beside the hosts, and says when it has no vote", () => {
    const { voter: _voter, ...idle } = member("small", { witness: true });
    const [one, two, three] = [member("one"), member("two"), member("three")];
    const voting = clusterStatus(facts({ members: [one, two, { ...idle, voter: true }] }));
    assert.deepEqual(voting.says, [
      "2 hosts and a witness, all of which answer.",
      "The state is kept by one, two and small: 1 of them may be away.",
    ]);
    const { says, state } = clusterStatus(facts({ members: [one, two, three, idle] }));
    assert.equal(state, "well");
    assert.equal(says[2], "small has no vote: there are hosts enough.");
  });

  it("says what two hosts lack, and which certificate nobody renewed", () => {
    const { voter: _voter, ...second } = member("two");
    const two = clusterStatus(facts({ members: [member("one"), second] }));
    assert.match(two.advice[0]!, /stands still while one is away.*third host/);
    const ending = member("three", { certificates: [{ serial: "1", until: now + 86_400_000 }] });
    const { advice } = clusterStatus(facts({ members: [member("one"), member("two"), ending] }));
    assert.match(advice[0]!, /three has a certificate that ends within a month/);
  });
});
