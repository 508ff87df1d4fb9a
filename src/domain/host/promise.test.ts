import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { hasCode, type LodgeError } from "#contract/errors";
import { describePromise, requirePromise, type HostSettings, type Promisee } from "./promise.ts";

const GiB = 2 ** 30;
const host: HostSettings = {
  size: { memory: 8 * GiB, cpus: 4, disk: 100 * GiB },
  overcommit: { memory: 1, cpus: 2 },
};

const guest = (name: string, shares: Partial<Promisee["shares"]>, project = "default"): Promisee => ({
  kind: "guest",
  id: `g-${name}`,
  name,
  project,
  shares: { memory: 0, cpus: 0, disk: 0, ...shares },
});

const ask = (shares: Partial<Promisee["shares"]>, holders: readonly Promisee[], project = "default") =>
  requirePromise(
    { subject: "Guest 'new'", project, shares: { memory: 0, cpus: 0, disk: 0, ...shares } },
    host,
    holders,
  );

describe("what the host promises", () => {
  it("is kept: as much as it has, times a ratio, and not a byte more", () => {
    const holders = [guest("a", { memory: 5 * GiB }), guest("b", { memory: 2 * GiB, cpus: 6 })];
    ask({ memory: GiB, cpus: 2 }, holders);
    for (const shares of [{ memory: GiB + 1 }, { cpus: 3 }])
      assert.throws(
        () => ask(shares, holders),
        (error) => hasCode(error, "host.promised"),
      );
    // By default disks may be promised twenty times.
    ask({ disk: 2000 * GiB }, holders);
    assert.throws(() => ask({ disk: 2000 * GiB + 1 }, holders));
  });

  it("is what a ratio was meant to come to, though it is a fraction", () => {
    const size = { ...host.size, memory: 25276510208 };
    const settings = { size, overcommit: { memory: GiB / size.memory } };
    const asked = { subject: "Guest 'new'", project: "default" };
    requirePromise({ ...asked, shares: { memory: GiB, cpus: 0, disk: 0 } }, settings, []);
    assert.throws(() =>
      requirePromise({ ...asked, shares: { memory: GiB + 1, cpus: 0, disk: 0 } }, settings, []),
    );
  });

  it("is no hindrance for what asks for none of what is short", () => {
    ask({ disk: GiB }, [guest("a", { memory: 50 * GiB })]);
  });

  it("names who has it, the largest first, and nobody of another project", () => {
    const many = Array.from({ length: 7 }, (_, i) => guest(`g${i}`, { memory: (i + 1) * 2 ** 28 }));
    const holders = [...many, guest("secret", { memory: GiB }, "other")];
    assert.throws(
      () => ask({ memory: 8 * GiB }, holders),
      (error: LodgeError) => {
        assert.match(error.message, /g6 1792 MiB, g5 1536 MiB, g4 1280 MiB, g3 1024 MiB, g2 768 MiB, 3 more/);
        assert.doesNotMatch(error.message, /secret/);
        return true;
      },
    );
  });

  it("is told", () => {
    const { memory, disk, holders } = describePromise(host, [
      guest("a", { memory: GiB }),
      guest("b", { memory: 3 * GiB }),
    ]);
    assert.deepEqual([memory.limit, memory.promised, memory.chosen], [8 * GiB, 4 * GiB, true]);
    assert.deepEqual([disk.ratio, disk.chosen], [20, false]);
    assert.deepEqual(
      holders.map(({ name }) => name),
      ["b", "a"],
    );
  });
});
