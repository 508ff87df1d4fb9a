import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Schemas } from "#contract/schemas";
import { fakeGuest } from "../fakes/fake-services.ts";
import { openScene, type Scene } from "./lodge.ts";

let scene: Scene;
before(async () => (scene = await openScene()));
after(() => scene.close());

describe("lodge place", () => {
  it("names the host that a guest would go to", async () => {
    const { code, stdout } = await scene.lodge(["place", "debian-13"]);
    assert.deepEqual([code, stdout], [0, "birch\n"]);
  });

  it("explains it: what each host has for it, why the best is, and what the others lack", async () => {
    const { code, stdout } = await scene.lodge(["place", "debian-13", "--explain"]);
    assert.equal(code, 0);
    assert.match(stdout, /^It goes to birch \(policy: balance\)\.$/m);
    assert.match(stdout, /^HOST +TOTAL +ROOM +ACCELERATOR +TEMPLATE +SIBLINGS +IMAGE$/m);
    assert.match(stdout, /^birch +5\.89 +0\.99 +4\.00 +0\.60 +0\.00 +0\.30$/m);
    assert.match(stdout, /^template +0\.60 × 1\.00 +its template is in memory there: it forks$/m);
    assert.match(
      stdout,
      /^alder +has 0 MiB of memory left to promise, and 512 MiB are needed +Move or stop/m,
    );
    assert.match(stdout, /^cedar +is being drained/m);
  });

  it("fails where no host can have it, and says what each lacks", async () => {
    const words = ["place", "debian-13", "--only-on", "alder", "--memory", "1G"];
    const { code, stderr } = await scene.lodge(words);
    assert.equal(code, 1);
    assert.match(stderr, /No host can have a guest like this: alder has 0 MiB/);
    const explained = await scene.lodge([...words, "--explain"]);
    assert.equal(explained.code, 1);
    assert.match(explained.stdout, /^No host can have it\.$/m);
    const { stdout } = await scene.lodge([...words, "-f", "json"]);
    assert.equal((JSON.parse(stdout) as Schemas["PlacementDecision"]).host, undefined);
  });
});

describe("where a guest is to be", () => {
  it("is part of what is asked for, and of what is changed", async () => {
    const asked: Schemas["GuestCreate"][] = [];
    const { guests } = scene.daemon.services;
    const create = guests.create.bind(guests);
    guests.create = (body, project) => (asked.push(body), create(body, project));
    const wishes = ["--affinity", "cache", "--anti-affinity", "app=db,required", "--host-label", "ssd"];
    const more = ["--tolerate", "gpu", "--place", "pack", "--only-on", "alder", "--only-on", "birch"];
    await scene.lodge(["run", "debian-13", "--name", "placed", "--no-wait", ...wishes, ...more]);
    await scene.advance({ status: "succeeded", endedAt: "2026-01-02T03:04:06.000Z" });
    assert.deepEqual(asked[0]!.placement, {
      hosts: ["alder", "birch"],
      hostLabels: ["ssd"],
      affinity: [{ guest: "cache" }],
      antiAffinity: [{ label: "app=db", required: true }],
      tolerations: ["gpu"],
      policy: "pack",
    });
    const changed: Schemas["GuestUpdate"][] = [];
    guests.update = async (ref, body) => (changed.push(body), guests.get(ref));
    await scene.lodge(["set", "db", "--no-placement"]);
    await scene.lodge(["set", "db", "--affinity", "tier=1"]);
    assert.deepEqual(changed, [{ placement: null }, { placement: { affinity: [{ label: "tier=1" }] } }]);
    const wrong = await scene.lodge(["set", "db", "--affinity", "tier=1,always"]);
    assert.deepEqual([wrong.code, /KEY=VALUE, with ',required'/.test(wrong.stderr)], [2, true]);
  });

  it("is refused by a host that stands alone, where another is named", async () => {
    const { code, stderr } = await scene.lodge(["run", "debian-13", "--host", "alder"]);
    assert.equal(code, 3);
    assert.match(stderr, /There is no host alder in this cluster/);
  });
});

describe("lodge host label", () => {
  it("shows and changes labels and taints of a host", async () => {
    const words = ["--label", "rack=r1", "--label", "ssd", "--taint", "gpu", "--taint", "old"];
    const { stdout } = await scene.lodge(["host", "label", ...words]);
    assert.match(stdout, /^labels +rack=r1, ssd$/m);
    assert.match(stdout, /^taints +gpu, old$/m);
    await scene.lodge(["host", "label", "--remove-label", "ssd", "--remove-taint", "old"]);
    const shown = JSON.parse((await scene.lodge(["host", "label", "-f", "json"])).stdout);
    assert.deepEqual(shown, { host: "id-birch", name: "birch", labels: { rack: "r1" }, taints: ["gpu"] });
  });
});

describe("lodge placement", () => {
  it("shows and changes by what policy guests are placed", async () => {
    const { stdout } = await scene.lodge(["placement", "show"]);
    assert.match(stdout, /^policy +balance$/m);
    const words = ["--policy", "pack", "--tolerance", "5%", "--most-moves", "3", "--reserve", "2"];
    const set = await scene.lodge(["placement", "set", ...words, "-f", "json"]);
    assert.deepEqual(JSON.parse(set.stdout), {
      policy: "pack",
      tolerance: 0.05,
      mostMoves: 3,
      reserve: 2,
      rebalance: "off",
      rebalancePause: 60,
    });
    const back = ["--policy", "default", "--tolerance", "default", "--most-moves", "default"];
    await scene.lodge(["placement", "set", ...back, "--reserve", "default"]);
    assert.match((await scene.lodge(["placement", "show"])).stdout, /^reserve +none$/m);
    assert.equal((await scene.lodge(["placement", "set"])).code, 2);
    assert.equal((await scene.lodge(["placement", "set", "--tolerance", "200%"])).code, 2);
  });

  it("has guests move as the plan says, and goes on where one cannot", async () => {
    const { services } = scene.daemon;
    const asked: [string, Schemas["GuestMove"]][] = [];
    const move = services.guests.move.bind(services.guests);
    services.guests.move = (ref, body) => (asked.push([ref, body]), move(ref, body));
    services.known.set("x1", fakeGuest("x1", { id: "g-x1" }));
    await scene.lodge(["placement", "set", "--most-moves", "2"]);
    const running = scene.start(["placement", "rebalance", "--move"]);
    await scene.advance({ status: "succeeded", endedAt: "2026-01-02T03:04:06.000Z" });
    const { code, stderr } = await running.ended;
    // The first is gone by now.
    assert.deepEqual([code, asked], [3, [["x1", { to: "birch", downtime: 300 }]]]);
    assert.match(stderr, /x0: There is no guest/);
    assert.match(stderr, /^x1 is on birch$/m);
    await scene.lodge(["placement", "set", "--most-moves", "default"]);
  });

  it("shows how guests would be spread anew, and whether they would come back", async () => {
    const { stdout, stderr } = await scene.lodge(["placement", "rebalance"]);
    assert.match(stdout, /^GUEST +FROM +TO +HOW +WHY$/m);
    assert.match(stdout, /^x0 +alder +birch +live +alder goes from 78 %/m);
    assert.match(stderr, /loads are \d+\.\d % apart/);
    const { code, stdout: reserve } = await scene.lodge(["placement", "reserve"]);
    assert.equal(code, 0);
    assert.match(reserve, /^All highly available guests find a place if any host fails\.\nNo room is kept/);
  });
});
