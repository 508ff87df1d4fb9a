import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { QueryClient } from "@tanstack/react-query";
import type { Operation } from "#contract/operation";
import type { Schemas } from "#contract/schemas";
import { applyTurns, putObject, turned, type Turn } from "./apply.ts";
import { keyOf } from "./query.ts";
import { stir } from "./stir.ts";

type Guest = Schemas["Guest"];

const guest = (id: string, state: Guest["state"] = "stopped", name = `name-${id}`): Guest =>
  ({ id, name, state }) as Guest;
const changed = (object: Guest): Turn => ({ kind: "guest", id: object.id, object });
const operation = (id: string, sequence: number, targets: string[] = []): Operation =>
  ({ id, sequence, targets }) as unknown as Operation;

describe("a list after turns", () => {
  it("has each object as it was last told, in its place, and what is new at the end", () => {
    const items = [guest("a"), guest("b"), guest("c")];
    const turns = new Map([
      ["b", guest("b", "running")],
      ["a", undefined],
      ["d", guest("d")],
      ["e", undefined],
    ]);
    assert.deepEqual(
      turned(items, turns).map(({ id, state }) => `${id} ${state}`),
      ["b running", "c stopped", "d stopped"],
    );
  });

  it("has a desktop where its pool is looked at, and a pool under its own name", () => {
    const queries = new QueryClient();
    const desktop = { id: "dt1", pool: "dp1" } as Schemas["Desktop"];
    const pool = { id: "dp1", ready: 2 } as Schemas["DesktopPool"];
    const [of, other, one] = [
      keyOf("desktopList", { query: { pool: "dp1" } }),
      keyOf("desktopList", { query: { pool: "dp2" } }),
      keyOf("desktopPoolGet", { params: { desktopPool: "dp1" } }),
    ];
    queries.setQueryData(of, []);
    queries.setQueryData(other, []);
    queries.setQueryData(one, { id: "dp1", ready: 1 });
    putObject(queries, "desktop", desktop);
    putObject(queries, "desktop-pool", pool);
    assert.deepEqual(queries.getQueryData(of), [desktop]);
    assert.deepEqual(queries.getQueryData(other), []);
    assert.deepEqual(queries.getQueryData(one), pool);
  });

  it("keeps objects that did not change as they are, so that their rows are not drawn anew", () => {
    const items = [guest("a"), guest("b")];
    const after = turned(items, new Map([["b", guest("b", "running")]]));
    assert.equal(after[0], items[0]);
  });

  it("begins with the newest where newer ones come first", () => {
    const turns = new Map([
      ["2", operation("2", 1)],
      ["3", operation("3", 1)],
    ]);
    assert.deepEqual(
      turned([operation("1", 1)], turns, true).map(({ id }) => id),
      ["3", "2", "1"],
    );
  });

  it("does not go back to what an operation was before", () => {
    const after = turned([operation("1", 5)], new Map([["1", operation("1", 4)]]));
    assert.equal((after[0] as unknown as Operation).sequence, 5);
  });
});

describe("turns in the cache", () => {
  it("bring a snapshot to the list of its own guest alone", () => {
    const queries = new QueryClient();
    const [mine, other] = ["g1", "g2"].map((id) => keyOf("snapshotList", { params: { guest: id } }));
    for (const key of [mine!, other!]) queries.setQueryData(key, []);
    const object = { id: "s1", guest: "g1", name: "clean" } as Schemas["Snapshot"];
    applyTurns(queries, [{ kind: "snapshot", id: "s1", object }]);
    assert.deepEqual([queries.getQueryData(mine!), queries.getQueryData(other!)], [[object], []]);
    applyTurns(queries, [{ kind: "snapshot", id: "s1" }]);
    assert.deepEqual(queries.getQueryData(mine!), []);
  });

  it("reach the list and whoever shows one guest, by its id or its name", () => {
    const queries = new QueryClient();
    queries.setQueryData(keyOf("guestList"), [guest("a")]);
    queries.setQueryData(keyOf("guestGet", { params: { guest: "a" } }), guest("a"));
    queries.setQueryData(keyOf("guestGet", { params: { guest: "name-a" } }), guest("a"));
    applyTurns(queries, [changed(guest("a", "starting")), changed(guest("a", "running"))]);
    const shown = [
      queries.getQueryData<Guest[]>(keyOf("guestList"))?.[0],
      queries.getQueryData<Guest>(keyOf("guestGet", { params: { guest: "a" } })),
      queries.getQueryData<Guest>(keyOf("guestGet", { params: { guest: "name-a" } })),
    ];
    assert.deepEqual(
      shown.map((each) => each?.state),
      ["running", "running", "running"],
    );
  });

  it("leave alone what each host of a cluster has of its own: the feed tells of one host's", () => {
    const queries = new QueryClient();
    const pools = ["alpha", "beta"].map((host) => ({ name: "default", host, volumes: 1 }));
    queries.setQueryData(keyOf("poolList"), pools);
    const object = { name: "default", volumes: 2 } as Schemas["Pool"];
    applyTurns(queries, [{ kind: "pool", id: "default", object }]);
    assert.deepEqual(queries.getQueryData(keyOf("poolList")), pools);
    stir(queries, "pool");
    assert.equal(queries.getQueryState(keyOf("poolList"))?.isInvalidated, true);
  });

  it("leave alone what was never asked for", () => {
    const queries = new QueryClient();
    applyTurns(queries, [changed(guest("a"))]);
    assert.equal(queries.getQueryData(keyOf("guestList")), undefined);
  });

  it("put an operation only where its target is asked for", () => {
    const queries = new QueryClient();
    const of = (target: string) => keyOf("operationList", { query: { target } });
    queries.setQueryData(of("guest:a"), []);
    queries.setQueryData(of("guest:b"), []);
    putObject(queries, "operation", operation("1", 1, ["guest:a"]));
    assert.equal(queries.getQueryData<Operation[]>(of("guest:a"))?.length, 1);
    assert.equal(queries.getQueryData<Operation[]>(of("guest:b"))?.length, 0);
  });

  it("of ten thousand guests are one pass over the list", () => {
    const queries = new QueryClient();
    const all = Array.from({ length: 10_000 }, (_, at) => guest(`g${at}`));
    queries.setQueryData(keyOf("guestList"), all);
    const turns = all.slice(0, 1000).map(({ id }) => changed(guest(id, "running")));
    let told = 0;
    queries.getQueryCache().subscribe(({ type }) => {
      if (type === "updated") told++;
    });
    applyTurns(queries, turns);
    assert.equal(told, 1);
    const after = queries.getQueryData<Guest[]>(keyOf("guestList")) ?? [];
    assert.equal(after.filter(({ state }) => state === "running").length, 1000);
    assert.equal(after[5000], all[5000]);
  });
});
