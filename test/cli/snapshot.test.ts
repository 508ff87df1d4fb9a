import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Schemas } from "#contract/schemas";
import { openScene, type Scene } from "./lodge.ts";

let scene: Scene;
before(async () => (scene = await openScene()));
after(() => scene.close());

const done = { status: "succeeded" as const, endedAt: "2026-01-02T03:04:06.000Z" };

/** Runs a command whose operation ends well. */
async function run(...words: string[]) {
  const running = scene.start(["snapshot", ...words]);
  await scene.advance(done);
  return running.ended;
}

describe("lodge snapshot", () => {
  it("takes one, and says what is kept and for how long the guest was held up", async () => {
    const { code, stdout, stderr } = await run("create", "db", "clean", "-d", "fresh");
    assert.deepEqual([code, stdout], [0, "snapshot clean of db is taken: its disks\n"]);
    assert.match(stderr, /Held up for 13 ms/);
    const { stdout: told } = await run("create", "db", "full", "--memory", "-f", "json");
    assert.equal((JSON.parse(told) as Schemas["Snapshot"]).kind, "memory");
  });

  it("shows the tree, with the guest in it", async () => {
    const again = await scene.lodge(["snapshot", "create", "db", "clean"]);
    assert.match(again.stderr, /has a snapshot 'clean' already/);
    scene.daemon.services.guest("db").state = "stopped";
    await run("restore", "db", "clean", "--no-start");
    await run("create", "db", "other");
    const { stdout } = await scene.lodge(["snapshot", "ls", "db"]);
    assert.deepEqual(
      stdout.split("\n").map((line) => line.slice(0, 19).trimEnd()),
      ["SNAPSHOT", "clean", "├─ full", "other", "(the guest is here)", ""],
    );
    assert.equal((await scene.lodge(["snapshot", "ls", "db", "-q"])).stdout, "clean\nfull\nother\n");
    const json = JSON.parse((await scene.lodge(["snapshot", "ls", "db", "-f", "json"])).stdout);
    assert.deepEqual(
      (json as Schemas["Snapshot"][]).map(({ name }) => name),
      ["clean", "full", "other"],
    );
  });

  it("refuses to restore under a guest that runs", async () => {
    scene.daemon.services.guest("db").state = "running";
    const { code, stderr } = await scene.lodge(["snapshot", "restore", "db", "clean"]);
    assert.notEqual(code, 0);
    assert.match(stderr, /must be stopped, suspended or crashed/);
  });

  it("renames, describes and removes, and says what was freed", async () => {
    assert.equal((await scene.lodge(["snapshot", "rename", "db", "other", "way"])).code, 0);
    await scene.lodge(["snapshot", "describe", "db", "way", "another way"]);
    assert.match((await scene.lodge(["snapshot", "show", "db", "way"])).stdout, /description +another way/);
    assert.equal((await run("rm", "db", "way")).stdout, "way removed, 1 MiB freed\n");
    assert.equal((await run("prune", "db", "--keep", "1")).stdout, "clean removed, 0 B freed\n");
    const { code, stderr } = await scene.lodge(["snapshot", "prune", "db", "--older-than", "soon"]);
    assert.notEqual(code, 0);
    assert.match(stderr, /90m, 12h, 30d/);
  });
});
