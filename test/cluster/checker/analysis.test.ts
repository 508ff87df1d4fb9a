import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { analyse } from "./analysis.ts";
import type { Acknowledged, Change, Entry, History, Listed, Outcome } from "./history.ts";

/** Records one after the other, each start's in a row: "aaab" are three of start a and one of start b. */
function line(starts: string, from: readonly Entry[] = [], salt = ""): Entry[] {
  const all = [...from];
  for (const boot of starts) {
    const seq = all.length;
    all.push({ seq, boot, prev: all.at(-1)?.nonce ?? "0", nonce: `n${seq}${salt}` });
  }
  return all;
}

const said = (entries: readonly Entry[], host = "h1"): Acknowledged[] =>
  entries.map((entry) => ({ ...entry, guest: "g", host, at: entry.seq * 100 }));

const change = (asked: Partial<Change> & Pick<Change, "verb">, outcome: Outcome = "done"): Change =>
  ({ guest: "g", via: "h1", began: 0, ended: 1, outcome, ...asked }) as Change;

const created = change({ verb: "create", ha: false, on: "h1" });
const listed: Listed = { name: "g", id: "g1", host: "h1", state: "running", value: "", snapshots: [] };

interface Told {
  readonly acknowledged?: readonly Acknowledged[];
  readonly changes?: readonly Change[];
  readonly disk?: readonly Entry[];
  readonly at?: number;
  readonly lists?: Readonly<Record<string, readonly Listed[]>>;
  readonly alive?: readonly string[];
  readonly left?: readonly string[];
}

function rules({
  acknowledged,
  changes = [created],
  disk = line("aab"),
  at = 1e6,
  ...end
}: Told = {}): string[] {
  const history: History = {
    seed: 1,
    minutes: 1,
    hosts: 2,
    acknowledged: acknowledged ?? said(disk),
    changes,
    faults: [],
    events: {},
    end: {
      lists: { h1: [listed], h2: [listed] },
      alive: ["g"],
      left: [],
      disks: { g: { at, entries: disk } },
      ...end,
    },
  };
  return analyse(history).map(({ rule }) => rule);
}

const found = (one: Partial<Listed>) => ({
  lists: { h1: [{ ...listed, ...one }], h2: [{ ...listed, ...one }] },
});

describe("a run in which all is well", () => {
  it("is a guest that wrote, was started again and wrote on", () => assert.deepEqual(rules(), []));

  it("is a guest that moved there and back, with all it wrote", () => {
    const disk = line("aaaaaa");
    const acknowledged = disk.flatMap((one) => said([one], one.seq === 2 || one.seq === 3 ? "h2" : "h1"));
    assert.deepEqual(rules({ disk, acknowledged }), []);
  });

  it("is a write on the disk that was never acknowledged", () => {
    const disk = line("aaa");
    assert.deepEqual(rules({ disk, acknowledged: said(disk.slice(0, 2)) }), []);
  });

  it("is a line of the log that was read twice", () => {
    const disk = line("aaa");
    assert.deepEqual(rules({ disk, acknowledged: [...said(disk), ...said(disk.slice(1), "h2")] }), []);
  });
});

describe("a guest that ran twice", () => {
  it("on two copies of its disk: each wrote what follows the last they had in common", () => {
    const common = line("aa");
    const [one, other] = [line("aa", common, "x"), line("bb", common, "y")];
    const acknowledged = [...said(one), ...said(other.slice(2), "h2")];
    assert.ok(rules({ disk: other, acknowledged }).includes("ran twice"));
  });

  it("after a move, from the same memory: the same start wrote two of one number", () => {
    const common = line("aa");
    const other = line("a", common, "y");
    const acknowledged = [...said(line("a", common, "x")), ...said(other.slice(2), "h2")];
    assert.ok(rules({ disk: other, acknowledged }).includes("ran twice"));
  });

  it("on one disk: the earlier start wrote again after the later", () => {
    const disk = line("aba");
    assert.deepEqual(rules({ disk }), ["ran twice"]);
  });

  it("where the numbers differ, since one skipped some: both follow the same record", () => {
    const disk = line("aa");
    const skipped = { ...disk[1]!, seq: 7, nonce: "z" };
    assert.ok(rules({ disk, acknowledged: [...said(disk), ...said([skipped], "h2")] }).includes("ran twice"));
  });
});

describe("a write that was acknowledged", () => {
  it("is missing at the end of the disk", () => {
    const all = line("aaa");
    assert.deepEqual(rules({ disk: all.slice(0, 2), acknowledged: said(all) }), ["write lost"]);
  });

  it("may be missing where the disk was read before", () => {
    const all = line("aaa");
    assert.deepEqual(rules({ disk: all.slice(0, 2), acknowledged: said(all), at: 199 }), []);
    assert.deepEqual(rules({ disk: all.slice(0, 1), acknowledged: said(all), at: 199 }), ["write lost"]);
  });

  it("was overwritten", () => {
    const disk = line("a", line("a"), "y");
    assert.deepEqual(rules({ disk, acknowledged: said(line("aa")) }), ["write lost"]);
  });

  it("lies on a disk with a hole, or one that two have written to", () => {
    const all = line("aaa");
    assert.ok(rules({ disk: [all[0]!, all[2]!], acknowledged: [] }).includes("disk has a hole"));
    const other = [all[0]!, { ...all[1]!, prev: "else" }];
    assert.deepEqual(rules({ disk: other, acknowledged: [] }), ["disk is of two"]);
  });

  it("lies on a disk that could not be read", () =>
    assert.deepEqual(rules({ acknowledged: [], ...{ disks: {} } } as Told), ["disk unread"]));
});

describe("a guest", () => {
  it("is lost where no host knows of it, or it writes nothing", () => {
    assert.ok(rules({ lists: { h1: [], h2: [] } }).includes("guest lost"));
    assert.deepEqual(rules({ alive: [] }), ["guest lost"]);
  });

  it("may be gone only where its deletion may have happened", () => {
    const gone = { lists: { h1: [], h2: [] }, alive: [] };
    for (const outcome of ["done", "unknown"] as const)
      assert.deepEqual(rules({ ...gone, changes: [created, change({ verb: "delete" }, outcome)] }), []);
    const failed = change({ verb: "delete" }, "failed");
    assert.deepEqual(rules({ ...gone, changes: [created, failed] }), ["guest lost"]);
  });

  it("came back after its deletion, or though nobody asked for it", () => {
    assert.deepEqual(rules({ changes: [created, change({ verb: "delete" })] }), ["came back"]);
    assert.deepEqual(rules({ changes: [change({ verb: "create", ha: false }, "failed")] }), ["came back"]);
    assert.ok(rules(found({ name: "stranger" })).includes("came back"));
  });

  it("is told of differently by two hosts, or twice by one", () => {
    assert.deepEqual(rules({ lists: { h1: [listed], h2: [] } }), ["lists differ"]);
    const other = { ...listed, host: "h2" };
    assert.deepEqual(rules({ lists: { h1: [listed], h2: [other] } }), ["lists differ"]);
    const both = [listed, { ...listed, id: "g2" }];
    assert.ok(rules({ lists: { h1: both, h2: both } }).includes("is there twice"));
  });
});

describe("a change that was acknowledged", () => {
  const set = (value: string, ended: number, outcome: Outcome = "done") =>
    change({ verb: "set", value, ended }, outcome);

  it("has to be there, unless a later one was, or one of unknown outcome may have come", () => {
    const changes = [created, set("1", 1), set("2", 2), set("3", 3, "unknown")];
    assert.deepEqual(rules({ changes, ...found({ value: "2" }) }), []);
    assert.deepEqual(rules({ changes, ...found({ value: "3" }) }), []);
    assert.deepEqual(rules({ changes, ...found({ value: "1" }) }), ["change lost"]);
    assert.deepEqual(rules({ changes, ...found({ value: "" }) }), ["change lost"]);
  });

  it("may be followed by an earlier one of unknown outcome, but not by one that failed", () => {
    const late = [created, set("1", 1, "unknown"), set("2", 2)];
    assert.deepEqual(rules({ changes: late, ...found({ value: "1" }) }), []);
    const failed = [created, set("2", 1), set("3", 2, "failed")];
    assert.deepEqual(rules({ changes: failed, ...found({ value: "3" }) }), ["change lost"]);
  });

  it("is a snapshot that is there, and one that failed is not", () => {
    const snapshot = (outcome: Outcome) => [created, change({ verb: "snapshot", name: "s" }, outcome)];
    assert.deepEqual(rules({ changes: snapshot("done") }), ["change lost"]);
    assert.deepEqual(rules({ changes: snapshot("done"), ...found({ snapshots: ["s"] }) }), []);
    assert.deepEqual(rules({ changes: snapshot("failed"), ...found({ snapshots: ["s"] }) }), ["came back"]);
    for (const snapshots of [["s"], []])
      assert.deepEqual(rules({ changes: snapshot("unknown"), ...found({ snapshots }) }), []);
  });

  it("is a move, after which the guest is where it was moved to, but for one that the cluster may place", () => {
    const changes = [created, change({ verb: "move", to: "h2" })];
    assert.deepEqual(rules({ changes }), ["change lost"]);
    assert.deepEqual(rules({ changes, ...found({ host: "h2" }) }), []);
    const free = change({ verb: "create", ha: true, on: "h1" });
    assert.deepEqual(rules({ changes: [free, changes[1]!] }), []);
  });
});

describe("what no record speaks of", () => {
  it("is left over", () => assert.deepEqual(rules({ left: ["tap i1 on h2"] }), ["left over"]));
});
