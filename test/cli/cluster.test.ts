/** What of a cluster is in every command: whose each thing is, which hosts did not answer, and whom to ask. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { fakeGuest } from "../fakes/fake-services.ts";
import { fakeHost, fakePeers } from "../fakes/fake-cluster.ts";
import { startFakeDaemon, type FakeDaemon } from "../fakes/fake-daemon.ts";
import { openScene, type Scene } from "./lodge.ts";

let scene: Scene;
let beta: FakeDaemon;
let gamma: string | undefined;

before(async () => {
  beta = await startFakeDaemon();
  await beta.services.pools.create({ name: "fast", kind: "directory", target: "/srv/fast" });
  gamma = beta.socketPath;
  const others = () => [
    { name: "beta", socketPath: beta.socketPath },
    { name: "gamma", socketPath: gamma },
  ];
  scene = await openScene({ peers: fakePeers("alpha", others) });
  const { services } = scene.daemon;
  services.cluster.shown = ["alpha", "beta"].map((name) => fakeHost(name));
  const { known } = services;
  known.clear();
  for (const [name, host] of [
    ["web", "alpha"],
    ["orders", "beta"],
  ] as const)
    known.set(name, fakeGuest(name, { host }));
});
after(async () => {
  await scene.close();
  await beta.close();
});

describe("in a cluster", () => {
  it("lists say on which host each is", async () => {
    const { stdout } = await scene.lodge(["ls"]);
    const [header = "", ...rows] = stdout.split("\n");
    assert.match(header, /^NAME +HOST +STATE /);
    assert.match(rows.join("\n"), /^web +alpha .*\norders +beta /m);
    assert.match((await scene.lodge(["show", "orders"])).stdout, /^host +beta$/m);
  });

  it("lists are of all hosts, and each one's own", async () => {
    const { stdout, stderr, code } = await scene.lodge(["pool", "ls"]);
    assert.equal(code, 0, stderr);
    assert.equal(stderr, "");
    assert.match(stdout, /^default +alpha [^]*^fast +beta [^]*^fast +gamma /m);
  });

  it("a list without some hosts says so, also to programs", async () => {
    gamma = undefined;
    const { stdout, stderr, code } = await scene.lodge(["pool", "ls"]);
    assert.equal(code, 0);
    assert.match(stderr, /^What is on gamma is not shown: that host does not answer\.$/m);
    assert.doesNotMatch(stdout, /gamma/);
    const told = JSON.parse((await scene.lodge(["pool", "ls", "-f", "json"])).stdout);
    assert.deepEqual(told.unanswered, ["gamma"]);
    assert.deepEqual(
      new Set(told.items.map(({ host }: { host: string }) => host)),
      new Set(["alpha", "beta"]),
    );
  });

  it("lists in pages say so as well", async () => {
    const { stdout, stderr } = await scene.lodge(["audit", "ls"]);
    assert.match(stderr, /^What is on gamma is not shown/m, stdout);
  });

  it("--host has that host answer, before the command and after it", async () => {
    for (const words of [
      ["--host", "beta", "pool", "ls", "-q"],
      ["pool", "ls", "-q", "--host=beta"],
    ])
      assert.equal((await scene.lodge(words)).stdout, "default\nfast\n", words.join(" "));
    assert.equal((await scene.lodge(["pool", "ls", "-q", "--host", "alpha"])).stdout, "default\n");
  });

  it("--host names one that there is, and that answers", async () => {
    const unknown = await scene.lodge(["ls", "--host", "delta"]);
    assert.notEqual(unknown.code, 0);
    assert.match(unknown.stderr, /There is no host delta in this cluster/);
    const away = await scene.lodge(["pool", "ls", "--host", "gamma"]);
    assert.match(away.stderr, /The host gamma does not answer/);
  });

  it("hosts' names are completed", async () => {
    const { stdout } = await scene.lodge(["completion", "words", "--", "ls", "--host", ""]);
    assert.deepEqual(
      stdout
        .trim()
        .split("\n")
        .map((line) => line.split("\t")[0])
        .toSorted(),
      ["alpha", "beta"],
    );
  });
});
