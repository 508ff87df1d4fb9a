import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { hasCode, type LodgeError } from "#contract/errors";
import { fakePlacement } from "../../../../test/fakes/fake-placement.ts";
import { GiB } from "../../../../test/fakes/placement-hosts.ts";

const placer = fakePlacement();
const guest = { image: "debian-13" } as const;

describe("the placer", () => {
  it("sends a guest to where its template is, and says why", async () => {
    const { name, ranking, refusals } = await placer.explain(guest, "default");
    assert.equal(name, "birch");
    assert.ok(ranking[0]!.scores.some(({ score, value }) => score === "template" && value === 1));
    assert.deepEqual(
      refusals.map((one) => [one.name, one.reasons.map(({ filter }) => filter)]),
      [
        ["alder", ["room"]],
        ["cedar", ["state"]],
      ],
    );
    assert.equal(await placer.choose(guest, "default"), "id-birch");
    assert.deepEqual(await placer.rank(guest, "default"), ["id-birch"]);
  });

  it("passes by who has refused, and says of each what it lacks where none is left", async () => {
    const refused = new Map([["id-birch", "its disk is full"]]);
    await assert.rejects(placer.rank(guest, "default", refused), { code: "placement.no_host" });
    await assert.rejects(placer.choose(guest, "default", refused), (error: LodgeError) => {
      assert.ok(hasCode(error, "placement.no_host"));
      assert.match(error.message, /alder has 0 MiB of memory left to promise, and 512 MiB are needed/);
      assert.match(error.message, /birch refused it just now: its disk is full; cedar is being drained\.$/);
      return true;
    });
  });

  it("keeps here what is made of a file of this host", async () => {
    const iso = { iso: "/srv/win.iso" };
    assert.equal((await placer.explain(iso, "default")).name, "birch");
    const elsewhere = { ...iso, placement: { hosts: ["alder"] } };
    await assert.rejects(placer.explain(elsewhere, "default"), (error) => hasCode(error, "api.invalid"));
  });

  it("knows which image, network and size are meant", async () => {
    await assert.rejects(placer.explain({ image: "none" }, "default"), (error) =>
      hasCode(error, "image.not_found"),
    );
    await assert.rejects(placer.explain({ ...guest, network: ["none"] }, "default"), (error) =>
      hasCode(error, "network.not_found"),
    );
    const { refusals } = await placer.explain({ ...guest, memory: 128 * GiB, tpm: true }, "default");
    assert.deepEqual(
      refusals.find(({ name }) => name === "birch")!.reasons.map(({ filter }) => filter),
      ["feature", "room", "memory"],
    );
  });

  it("finds no host without the pool that a disk is to be in", async () => {
    const { name, refusals } = await placer.explain({ ...guest, disks: [{ pool: "team" }] }, "default");
    assert.equal(name, undefined);
    const [reason] = refusals.find((one) => one.name === "birch")!.reasons;
    assert.equal(reason!.filter, "storage");
  });

  it("keeps room for what is highly available where it is told to", async () => {
    const available = { ...guest, ha: { priority: 100 } };
    assert.equal(await placer.choose(available, "default"), "id-birch");
    await placer.change({ reserve: 1 });
    await assert.rejects(
      placer.choose(available, "default"),
      /no other host to give it to, should birch fail/,
    );
    assert.equal(await placer.choose(guest, "default"), "id-birch");
    const demand = { subject: "Guest 'x'", project: "default", runs: { memory: GiB, cpus: 1 } };
    await placer.requireReserve(demand);
    await placer.change({ reserve: null });
  });

  it("places and spreads by a policy that is a setting", async () => {
    assert.deepEqual(await placer.settings(), {
      policy: "balance",
      tolerance: 0.1,
      mostMoves: 20,
      reserve: 0,
      rebalance: "off",
      rebalancePause: 60,
    });
    assert.equal((await placer.rebalance()).moves.length > 0, true);
    assert.deepEqual((await placer.rebalance()).moves[0], {
      guest: "g-x0",
      name: "x0",
      from: "alder",
      to: "birch",
      how: "live",
      why: "alder goes from 78 % to 68 %, birch from 0 % to 2 %",
    });
    assert.equal((await placer.change({ mostMoves: 1, policy: "pack" })).mostMoves, 1);
    assert.equal((await placer.explain(guest, "default")).policy, "pack");
    assert.deepEqual(await placer.change({ mostMoves: null, policy: null }), {
      policy: "balance",
      tolerance: 0.1,
      mostMoves: 20,
      reserve: 0,
      rebalance: "off",
      rebalancePause: 60,
    });
    assert.deepEqual(await placer.reserve(), {
      failing: 1,
      kept: false,
      holds: true,
      shortfalls: [],
      tried: 2,
      all: 2,
    });
  });
});
