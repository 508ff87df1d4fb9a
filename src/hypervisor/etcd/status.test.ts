import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { EtcdStatus } from "#base/etcd-endpoints";
import type { EtcdMember } from "./members.ts";
import { summary } from "./status.ts";

const member = (id: string, learner = false): EtcdMember => ({
  id,
  name: `h${id}`,
  peer: "",
  client: "",
  learner,
});
const status = (more: Partial<EtcdStatus>): EtcdStatus => ({
  header: { cluster_id: "1", member_id: "1" },
  leader: "1",
  raftTerm: "4",
  raftIndex: "100",
  raftAppliedIndex: "100",
  ...more,
});
const three = ["1", "2", "3"].map((id) => member(id));

describe("what is said of an etcd", () => {
  it("has a quorum while more than half of the voters answer and have a leader", () => {
    assert.equal(summary(three, [status({}), status({}), undefined]).quorum, true);
    assert.equal(summary(three, [status({}), undefined, undefined]).quorum, false);
    const leaderless = status({ leader: "0" });
    assert.equal(summary(three, [leaderless, leaderless, leaderless]).quorum, false);
  });

  it("counts no learner as a voter", () => {
    const { quorum, voters, needed } = summary(
      [member("1"), member("2"), member("3", true)],
      [status({}), undefined, status({})],
    );
    assert.deepEqual({ quorum, voters, needed }, { quorum: false, voters: 2, needed: 2 });
  });

  it("believes the latest term about who leads", () => {
    const cutOff = status({ leader: "3", raftTerm: "3" });
    assert.equal(summary(three, [cutOff, status({}), status({})]).leader, "1");
  });

  it("says how far each is behind the one that is furthest", () => {
    const slow = status({ raftIndex: "90", raftAppliedIndex: "85" });
    const { members } = summary(three, [status({ raftAppliedIndex: "99" }), slow, undefined]);
    assert.deepEqual(
      members.map(({ answers }) => answers?.behind),
      [1, 15, undefined],
    );
  });
});
