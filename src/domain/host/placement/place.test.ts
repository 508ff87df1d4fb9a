import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { Placement } from "#contract/schema/placement";
import { GiB, offerOf, residentOf, wishOf } from "../../../../test/fakes/placement-hosts.ts";
import { Board } from "./board.ts";
import { refusals, type FilterName } from "./filters.ts";
import type { HostOffer } from "./offer.ts";
import { explain, place, type PlacementAsking } from "./place.ts";
import type { Resident, Wish } from "./wish.ts";

const asking: PlacementAsking = { now: 0, policy: "balance" };

/** Why the only host refuses. */
const why = (
  offer: Partial<HostOffer>,
  wish: Partial<Wish>,
  guests: readonly Resident[] = [],
): FilterName[] =>
  explain(Board.of([offerOf("a", offer)], guests), wishOf("web", wish), asking).refusals.flatMap(
    ({ reasons }) => reasons.map(({ filter }) => filter),
  );

const chosen = (board: Board, wish: Wish, more: Partial<PlacementAsking> = {}) =>
  place(board, wish, { ...asking, ...more }).best?.name;

describe("a host refuses a guest", () => {
  it("that it cannot carry by what it is", () => {
    assert.deepEqual(why({}, {}), []);
    assert.deepEqual(why({ state: "draining" }, {}), ["state"]);
    assert.deepEqual(why({ architecture: "aarch64" }, { architecture: "x86_64" }), ["architecture"]);
    assert.deepEqual(why({ accelerator: "tcg" }, { accelerator: "kvm" }), ["accelerator"]);
    assert.deepEqual(why({}, { machineType: "pc-q35-10.0" }), ["machine"]);
    assert.deepEqual(why({}, { cpuModel: "EPYC" }), ["cpu"]);
    assert.deepEqual(why({}, { cpuFeatures: ["avx", "avx512f"] }), ["cpu"]);
    assert.deepEqual(why({}, { features: ["uefi", "tpm"] }), ["feature"]);
    assert.deepEqual(why({ lacksNetworks: ["office"] }, { networks: ["default", "office"] }), ["network"]);
    assert.deepEqual(why({}, { pools: [{ name: "fast", bytes: 1 }] }), ["storage"]);
  });

  it("for which it has no room, and says how much there is", () => {
    const [one] = explain(
      Board.of(
        [offerOf("a", { limit: { memory: 4 * GiB, cpus: 4, disk: 100 * GiB } })],
        [residentOf("b", "a")],
      ),
      wishOf("web", { needs: { memory: 3.5 * GiB, cpus: 1, disk: GiB } }),
      asking,
    ).refusals;
    assert.equal(one!.reasons[0]!.reason, "has 3072 MiB of memory left to promise, and 3584 MiB are needed");
    assert.deepEqual(why({}, { needs: { memory: GiB, cpus: 65, disk: GiB } }), ["room"]);
    assert.deepEqual(why({ available: GiB / 2 }, {}), ["memory"]);
    assert.deepEqual(why({}, { pools: [{ name: "default", bytes: 1001 * GiB }] }), ["pool"]);
  });

  it("only for what is short, where that is asked for", () => {
    const full = { limit: { memory: GiB, cpus: 1, disk: 100 * GiB }, available: 0 };
    assert.deepEqual(why(full, { needs: { memory: 0, cpus: 0, disk: GiB } }, [residentOf("b", "a")]), []);
  });

  it("whom less memory at once is enough where its template is", () => {
    const template = "default/i1/1/1";
    const templates = [{ id: "t1", key: template, warm: true, resident: GiB / 2 }];
    assert.deepEqual(why({ available: GiB / 2 }, { template }), ["memory"]);
    assert.deepEqual(why({ available: GiB / 2, templates }, { template }), []);
  });

  it("that did not ask for it, or would not tolerate it", () => {
    assert.deepEqual(why({}, { placement: { hosts: ["b"] } }), ["chosen"]);
    assert.deepEqual(why({}, { placement: { hosts: ["a"] } }), []);
    assert.deepEqual(why({}, { placement: { hosts: ["id-a"] } }), []);
    assert.deepEqual(why({ labels: { rack: "1" } }, { placement: { hostLabels: ["rack=2"] } }), ["label"]);
    assert.deepEqual(why({ labels: { rack: "1" } }, { placement: { hostLabels: ["rack"] } }), []);
    assert.deepEqual(why({ taints: ["gpu=a"] }, {}), ["taint"]);
    assert.deepEqual(why({ taints: ["gpu=a"] }, { placement: { tolerations: ["gpu=b"] } }), ["taint"]);
    assert.deepEqual(why({ taints: ["gpu=a"] }, { placement: { tolerations: ["gpu"] } }), []);
  });

  it("that has to be with somebody else, or apart", () => {
    const db = residentOf("db", "a", { labels: { app: "db" } });
    const near: Placement = { affinity: [{ guest: "db", required: true }] };
    assert.deepEqual(why({}, { placement: near }), ["affinity"]);
    assert.deepEqual(why({}, { placement: near }, [db]), []);
    // A guest of another project is nobody's company.
    assert.deepEqual(why({}, { placement: near, project: "shop" }, [db]), ["affinity"]);
    const apart: Placement = { antiAffinity: [{ label: "app=db", required: true }] };
    assert.deepEqual(why({}, { placement: apart }, [db]), ["antiAffinity"]);
    // Those that are there have a say as well.
    const shy = residentOf("shy", "a", { placement: { antiAffinity: [{ label: "app", required: true }] } });
    assert.deepEqual(why({}, { labels: { app: "web" } }, [shy]), ["antiAffinity"]);
    assert.deepEqual(why({}, {}, [shy]), []);
  });

  it("while nothing is heard of it, and after it said so itself", () => {
    const board = Board.of([offerOf("a", { silentSince: 30_000 }), offerOf("b")], []);
    assert.equal(chosen(board, wishOf("web"), { now: 40_000 }), "b");
    const refused = new Map([["id-b", "its disk is full"]]);
    const decision = explain(board, wishOf("web"), { ...asking, now: 40_000, refused });
    assert.deepEqual(
      decision.refusals.map(({ name, reasons }) => [name, reasons.map(({ filter }) => filter)]),
      [
        ["a", ["heard"]],
        ["b", ["refused"]],
      ],
    );
    assert.equal(decision.host, undefined);
  });
});

describe("of several hosts", () => {
  const busy = Array.from({ length: 8 }, (_, n) => residentOf(`busy${n}`, "a"));

  it("the emptier one is chosen, or to pack the fuller one", () => {
    const board = Board.of([offerOf("a"), offerOf("b")], busy);
    assert.equal(chosen(board, wishOf("web")), "b");
    assert.equal(chosen(board, wishOf("web"), { policy: "pack" }), "a");
    assert.equal(chosen(board, wishOf("web", { placement: { policy: "pack" } })), "a");
  });

  it("KVM comes before anything that is only nicer", () => {
    const board = Board.of([offerOf("a"), offerOf("b", { accelerator: "tcg", images: ["i1"] })], busy);
    assert.equal(chosen(board, wishOf("web", { image: "i1" })), "a");
  });

  it("a warm template, siblings and the image count, and company more", () => {
    const template = "default/i1/1/1";
    const warm = offerOf("a", {
      templates: [{ id: "t1", key: template, warm: true, resident: GiB }],
      images: ["i1"],
    });
    const wish = wishOf("web", { template, image: "i1" });
    const board = Board.of(
      [warm, offerOf("b")],
      busy.map((one) => ({ ...one, forkOf: "t1" })),
    );
    const decision = explain(board, wish, asking);
    assert.equal(decision.host, "id-a");
    assert.deepEqual(
      decision.ranking[0]!.scores.map(({ score, value }) => [score, Number(value.toFixed(3))]),
      [
        ["room", 0.859],
        ["accelerator", 1],
        ["template", 1],
        ["siblings", 0.889],
        ["image", 1],
      ],
    );
    board.come(residentOf("db", "b"));
    assert.equal(chosen(board, { ...wish, placement: { affinity: [{ guest: "db" }] } }), "b");
    assert.equal(chosen(board, { ...wish, placement: { antiAffinity: [{ guest: "busy1" }] } }), "b");
  });

  it("guests that would rather be apart are spread, though some have to share", () => {
    const board = Board.of(
      ["a", "b", "c"].map((name) => offerOf(name)),
      [],
    );
    const placement: Placement = { antiAffinity: [{ label: "app=web" }] };
    for (let n = 0; n < 6; n++) {
      const wish = wishOf(`web${n}`, { labels: { app: "web" }, placement });
      board.come({ ...wish, id: `g${n}`, host: place(board, wish, asking).best!.host });
    }
    assert.deepEqual(
      [...board.standings()].map(({ residents }) => residents.size),
      [2, 2, 2],
    );
  });

  it("what came since a host's offer counts against what it had to give", () => {
    const board = Board.of([offerOf("a", { available: 1.5 * GiB })], []);
    board.come(residentOf("x", "a"));
    assert.equal(chosen(board, wishOf("web")), undefined);
    board.offer(offerOf("a", { available: 1.5 * GiB }));
    assert.equal(chosen(board, wishOf("web")), "a");
    board.come(residentOf("x", "a"), { settled: true });
    assert.equal(chosen(board, wishOf("web")), "a");
  });
});

const few = (...items: readonly string[]) => fc.subarray([...items]);
const companies = fc.array(
  fc.record({
    label: fc.constantFrom("app=a", "app=b", "tier"),
    required: fc.boolean(),
  }),
  { maxLength: 2 },
);
const placements = fc.record(
  {
    hosts: few("h0", "h1", "h2", "h3", "h4", "h5", "h6", "h7"),
    hostLabels: few("rack=1", "ssd"),
    affinity: companies,
    antiAffinity: companies,
    tolerations: few("gpu"),
    policy: fc.constantFrom("balance" as const, "pack" as const),
  },
  { requiredKeys: [] },
);
const guestLabels = fc.constantFrom({}, { app: "a" }, { app: "b", tier: "1" });
const template = "default/i1/1/1";
const wishes: fc.Arbitrary<Wish> = fc.record({
  name: fc.constant("new"),
  project: fc.constant("default"),
  labels: guestLabels,
  needs: fc.record({
    memory: fc.integer({ min: 0, max: 8 }).map((n) => n * GiB),
    cpus: fc.integer({ min: 1, max: 4 }),
    disk: fc.constant(GiB),
  }),
  atOnce: fc.constant({ fork: GiB / 4, boot: GiB }),
  networks: fc.constantFrom(["default"], ["default", "office"]),
  pools: fc.constant([{ name: "default", bytes: 0 }]),
  image: fc.constantFrom("i1", "i2"),
  template: fc.constant(template),
  placement: placements,
});
const offers = fc
  .array(
    fc.record({
      state: fc.constantFrom("in" as const, "in" as const, "in" as const, "drained" as const),
      accelerator: fc.constantFrom("kvm" as const, "tcg" as const),
      lacksNetworks: fc.constantFrom([], ["office"]),
      images: few("i1", "i2"),
      templates: fc.constantFrom([], [{ id: "t1", key: template, warm: true, resident: GiB }]),
      labels: fc.constantFrom({}, { rack: "1" }, { rack: "2", ssd: "" }),
      taints: few("gpu"),
      limit: fc.constant({ memory: 16 * GiB, cpus: 16, disk: 100 * GiB }),
      available: fc.integer({ min: 0, max: 16 }).map((n) => n * GiB),
    }),
    { minLength: 1, maxLength: 12 },
  )
  .map((all) => all.map((one, n) => offerOf(`h${n}`, one)));
const guests = fc
  .array(
    fc.record({
      at: fc.nat(11),
      labels: guestLabels,
      memory: fc.integer({ min: 0, max: 6 }),
      placement: placements,
    }),
    {
      maxLength: 40,
    },
  )
  .map((all) =>
    all.map(({ at, labels, memory, placement }, n) =>
      residentOf(`x${n}`, `h${at}`, {
        labels,
        placement,
        needs: { memory: memory * GiB, cpus: 1, disk: GiB },
      }),
    ),
  );

describe("placement", () => {
  it("never chooses a host that a filter refuses, finds the best one, and its shares add up", () => {
    fc.assert(
      fc.property(offers, guests, wishes, (all, residents, wish) => {
        const board = Board.of(all, residents);
        const decision = explain(board, wish, asking);
        const { best } = place(board, wish, asking);
        assert.equal(best === undefined, decision.host === undefined);
        assert.equal(decision.ranking.length + decision.refusals.length, all.length);
        for (const { total, scores } of decision.ranking) {
          const sum = scores.reduce((shares, { share }) => shares + share, 0);
          assert.ok(Math.abs(sum - total) < 1e-6, `${sum} is not ${total}`);
          for (const { value } of scores) assert.ok(value >= 0 && value <= 1);
        }
        if (!best) return;
        assert.deepEqual(refusals(board.standing(best.host)!, wish, asking), []);
        assert.ok(best.total > decision.ranking[0]!.total - 1e-6);
      }),
      { numRuns: 500 },
    );
  });

  it("chooses the same of two hosts that are as good, whichever of their kinds was known first", () => {
    const all = [offerOf("h0", {}), offerOf("h1", { lacksNetworks: ["office"] })];
    const chosen = [all, all.toReversed()].map(
      (each) => place(Board.of(each, []), wishOf("new"), asking).best?.name,
    );
    assert.deepEqual(chosen, ["h0", "h0"]);
  });

  it("says the same of hosts and guests that came one after another in whatever order", () => {
    fc.assert(
      fc.property(offers, guests, wishes, fc.nat(), (all, residents, wish, seed) => {
        const shuffled = <T>(items: readonly T[]): T[] =>
          items
            .map((item, n) => ({ item, at: ((n + 1) * 7919 * (seed + 1)) % 104_729 }))
            .toSorted((a, b) => a.at - b.at)
            .map(({ item }) => item);
        const straight = Board.of(all, residents);
        const board = new Board();
        for (const offer of shuffled(all))
          board.offer({ ...offer, state: "gone", lacksNetworks: ["default"] });
        for (const guest of shuffled(residents))
          board.come({ ...guest, host: "id-h3", labels: { app: "z" } });
        board.withdraw("id-h1");
        for (const guest of shuffled(residents)) board.come(guest);
        board.come(residentOf("passing", "h2"));
        board.go("g-passing");
        for (const offer of shuffled(all)) board.offer(offer);
        const [a, b] = [explain(straight, wish, asking), explain(board, wish, asking)];
        assert.deepEqual(b, a);
        assert.deepEqual(place(board, wish, asking).best, place(straight, wish, asking).best);
      }),
      { numRuns: 300 },
    );
  });
});
