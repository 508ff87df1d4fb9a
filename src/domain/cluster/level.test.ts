import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import { hasCode, type ErrorCode } from "#contract/errors";
import { MemoryStore } from "#durable/store/memory";
import type { Store, Transaction } from "#durable/store/store";
import { put } from "#durable/store/update";
import { memberKey, type MemberRecord } from "../member/record.ts";
import { announce, raiseLevel, readLevel } from "./level.ts";

const coded = (code: ErrorCode) => (error: unknown) => hasCode(error, code);
const member = (id: string, wire: number): MemberRecord => ({
  id,
  name: id,
  address: "198.51.100.1:8470",
  version: String(wire),
  wire,
  state: "active",
  joinedAt: 1,
  certificates: [],
});

describe("what the cluster's records hold", () => {
  let all: Store;
  const level = async () => (await readLevel(all)).value;
  const runs = (host: string, wire: number) => announce(all, host, { version: String(wire), wire });
  const wireOf = async (host: string) => ((await all.get(memberKey(host)))!.value as MemberRecord).wire;
  beforeEach(async () => {
    all = new MemoryStore();
    for (const id of ["a", "b"]) await put(all, memberKey(id), member(id, 1));
  });

  it("is what the oldest host reads, and more once the last one was upgraded", async () => {
    await runs("a", 2);
    assert.equal(await raiseLevel(all, 2), 1);
    await runs("b", 2);
    assert.equal(await raiseLevel(all, 2), 2);
    assert.equal(await level(), 2);
  });

  it("lets a host go back until then, and not afterwards", async () => {
    await runs("a", 2);
    await runs("a", 1);
    assert.equal(await wireOf("a"), 1);
    for (const host of ["a", "b"]) await runs(host, 2);
    await raiseLevel(all, 2);
    await assert.rejects(runs("a", 1), coded("cluster.host_too_old"));
    assert.equal(await wireOf("a"), 2);
  });

  it("lets no host skip a version", async () => {
    await assert.rejects(runs("a", 3), coded("cluster.wire_mismatch"));
    await put(all, memberKey("b"), member("b", 2));
    await assert.rejects(runs("a", 3), coded("cluster.host_too_new"));
    assert.equal(await wireOf("a"), 1);
  });

  it("is not raised past a host that goes back in the same moment", async () => {
    for (const host of ["a", "b"]) await runs(host, 2);
    const between: Store = Object.create(all) as Store;
    between.transact = async (transaction: Transaction) => {
      await runs("b", 1);
      return all.transact(transaction);
    };
    between.get = (key) => all.get(key);
    between.list = (prefix, options) => all.list(prefix, options);
    assert.equal(await raiseLevel(between, 2), 1);
    assert.equal(await level(), 1);
  });
});
