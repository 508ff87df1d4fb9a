import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { chooseVoters, votersOf, type VoterCandidate } from "./choose-voters.ts";

const host = (id: number, more: Partial<VoterCandidate> = {}): VoterCandidate => ({
  id: `h${id}`,
  joinedAt: id,
  answers: true,
  ...more,
});
const hosts = (count: number) => Array.from({ length: count }, (_, id) => host(id));
const chosen = (members: readonly VoterCandidate[], level = 2) =>
  [...chooseVoters(members, level)].toSorted();

describe("who keeps the cluster's state", () => {
  it("is one of one or two hosts, three of three or four, five of more", () => {
    assert.deepEqual([1, 2, 3, 4, 5, 9].map(votersOf), [1, 1, 3, 3, 5, 5]);
    for (const count of [1, 2, 3, 4, 5, 9]) assert.equal(chosen(hosts(count)).length, votersOf(count));
  });

  it("stays so while it does not answer, and goes when it leaves", () => {
    const [first, ...others] = [0, 1, 2, 3].map((id) => host(id, id < 3 ? { voter: true } : {}));
    assert.deepEqual(chosen([{ ...first!, answers: false }, ...others]), ["h0", "h1", "h2"]);
    assert.deepEqual(chosen([{ ...first!, leaving: true }, ...others]), ["h1", "h2", "h3"]);
  });

  it("is no host that does not answer yet", () => {
    const members = [host(0, { voter: true }), host(1, { answers: false }), host(2), host(3)];
    assert.deepEqual(chosen(members), ["h0", "h2", "h3"]);
    assert.deepEqual(chosen(members.slice(0, 3)), ["h0"], "two would bear less than one");
  });

  it("is a witness as the third of two hosts, and of no more", () => {
    const voter = { voter: true, answers: false } as const;
    const witness = host(0, { witness: true });
    assert.deepEqual(chosen([witness, host(1)]), ["h1"], "a host alone needs nobody else");
    assert.deepEqual(chosen([witness, host(1, voter), host(2)]), ["h0", "h1", "h2"]);
    assert.deepEqual(chosen([witness, host(1, voter), host(2, { answers: false })]), ["h1"]);
    const with2 = [{ ...witness, voter: true as const }, host(1, voter), host(2, voter)];
    assert.deepEqual(chosen([...with2, host(3)]), ["h1", "h2", "h3"]);
    assert.deepEqual(chosen([...with2, host(3, { answers: false })]), ["h0", "h1", "h2"]);
    assert.deepEqual(chosen([...with2, host(3, { ...voter, leaving: true })]), ["h0", "h1", "h2"]);
  });

  it("is a witness before any host as long as hosts know it so", () => {
    const three = [host(0, { voter: true }), host(1), host(2), host(3, { witness: true })];
    assert.deepEqual(chosen(three, 1), ["h0", "h1", "h3"]);
    assert.deepEqual(chosen(three, 2), ["h0", "h1", "h2"]);
  });

  it("is the same whatever order members are known in, and settles", () => {
    const candidate = fc.record({ answers: fc.boolean(), voter: fc.boolean(), witness: fc.boolean() });
    fc.assert(
      fc.property(fc.array(candidate, { maxLength: 9 }), fc.nat(), (drawn, turn) => {
        const members = drawn.map(({ answers, voter, witness }, id) =>
          host(id, { answers, ...(voter ? { voter } : {}), ...(witness ? { witness } : {}) }),
        );
        const wanted = chosen(members);
        const at = members.length === 0 ? 0 : turn % members.length;
        assert.deepEqual(chosen([...members.slice(at), ...members.slice(0, at)]), wanted);
        const settled = members.map(({ voter: _voter, ...rest }) =>
          wanted.includes(rest.id) ? { ...rest, voter: true as const } : rest,
        );
        assert.deepEqual(chosen(settled), wanted);
      }),
    );
  });
});
