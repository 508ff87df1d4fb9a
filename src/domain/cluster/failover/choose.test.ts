import assert from "node:assert/strict";
import { test } from "node:test";
import { Board } from "../../host/placement/board.ts";
import type { Layer } from "../../volume/layer.ts";
import { guestRecord } from "../../../../test/fakes/guest-records.ts";
import { GiB, offerOf, residentOf } from "../../../../test/fakes/placement-hosts.ts";
import { chooseHost } from "./choose.ts";

const [lost, poor, rich] = [offerOf("a"), offerOf("b"), offerOf("c", { images: ["i1"] })];
const guest = guestRecord(1);
const resident = residentOf("web", "a", { id: guest.id, host: lost.host });
const layer: Layer = { id: "l1", path: "/l1", format: "qcow2", image: "i1", createdAt: "" };
const asking = { now: 0, policy: "balance" } as const;
const host = { id: lost.host, name: "a" };

test("a guest of a lost host goes where there is what its disks stand on", () => {
  const board = Board.of([lost, poor, rich], [resident]);
  assert.equal(chooseHost(board, host, { guest, layers: [layer] }, asking), rich.host);
  assert.deepEqual(
    [...board.on(lost.host)],
    [resident],
    "it stays on the board where it is until it is handed over",
  );
  const { image: _, ...alone } = layer;
  assert.notEqual(chooseHost(board, host, { guest, layers: [alone] }, asking), lost.host);
});

test("a guest of a lost host goes where the pool of its disk is", () => {
  const pools = [{ name: "team", shared: true, free: 100 * GiB }];
  const own = [{ name: "team", shared: false, free: 100 * GiB }];
  const there = { ...rich, pools };
  const board = Board.of([lost, { ...poor, pools: own }, there], [{ ...resident, pools: [] }]);
  assert.equal(chooseHost(board, host, { guest, layers: [{ ...layer, pool: "team" }] }, asking), there.host);
});

test("who has no room for it is named with why", () => {
  const full = { ...rich, limit: { memory: GiB / 2, cpus: 1, disk: 2000 * GiB } };
  const board = Board.of([lost, full], [resident]);
  assert.throws(() => chooseHost(board, host, { guest, layers: [layer] }, asking), {
    code: "failover.no_host",
    message: /MiB/,
  });
  assert.throws(() => chooseHost(Board.of([lost], [resident]), host, { guest, layers: [] }, asking), {
    code: "failover.no_host",
  });
});
