import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { openScene, type Scene } from "./lodge.ts";

let scene: Scene;
before(async () => (scene = await openScene()));
after(() => scene.close());

describe("the exit code", () => {
  const cases: readonly (readonly [number, string, readonly string[], RegExp])[] = [
    [0, "what was asked for", ["ls"], /^$/],
    [0, "help", ["run", "--help"], /^$/],
    [2, "no such command", ["stpo"], /'stpo' is no command \(did you mean 'stop'\?\)/],
    [
      2,
      "no such command of a noun",
      ["image", "pul"],
      /'image pul' is no command \(did you mean 'image pull'\?\)/,
    ],
    [2, "no such option", ["ls", "--stat", "x"], /did you mean --state\?/],
    [2, "a value that makes no sense", ["run", "--memory", "lots"], /--memory: 'lots' is not a size/],
    [2, "something is missing", ["show"], /GUEST is missing/],
    [2, "what the daemon finds wrong", ["rename", "web-1", "Not A Name"], /name/],
    [3, "no such guest", ["show", "nobody"], /There is no guest 'nobody'/],
    [3, "no such image", ["image", "show", "nothing"], /There is no image 'nothing'/],
    [4, "a state in which it cannot be", ["resume", "web-1"], /must be paused/],
    [4, "a name that is taken", ["run", "--name", "web-1"], /already exists/],
  ];
  for (const [code, meaning, words, said] of cases) {
    it(`is ${code} for ${meaning}: lodge ${words.join(" ")}`, async () => {
      const ended = await scene.lodge(words);
      assert.equal(ended.code, code, ended.stderr);
      assert.match(ended.stderr, said);
      assert.doesNotMatch(ended.stderr, /^\s+at .*\.ts:\d+/m, "a stack helps nobody here");
    });
  }

  it("is 5 where no daemon answers, and says how to start it", async () => {
    const ended = await scene.lodge(["ls"], { env: { LODGE_HOME: join(scene.folder, "none") } });
    assert.equal(ended.code, 5);
    assert.match(ended.stderr, /npm start/);
  });

  it("is that of the first guest that went wrong, and the others are seen to", async () => {
    const running = scene.start(["stop", "nobody", "db"]);
    await scene.advance({ status: "succeeded" });
    const ended = await running.ended;
    assert.equal(ended.code, 3);
    assert.match(ended.stderr, /nobody: There is no guest/);
    assert.match(ended.stdout, /^db is stopped$/m);
  });
});

describe("lodge doctor", () => {
  it("has something to say where there is no daemon", async () => {
    const ended = await scene.lodge(["doctor"], { env: { LODGE_HOME: join(scene.folder, "none") } });
    assert.equal(ended.code, 5);
    assert.match(ended.stdout, /^✗ daemon .*\n.*→ Start it with 'npm start'/);
  });

  it("shows what was found", async () => {
    const ended = await scene.lodge(["doctor"]);
    assert.equal(ended.code, 0);
    assert.match(ended.stdout, /^✓ accelerator {2}tcg$/m);
  });
});
