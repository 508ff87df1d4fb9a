import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { openScene, shows, type Scene } from "./lodge.ts";

describe("lodge shutdown", () => {
  let scene: Scene;
  before(async () => void (scene = await openScene()));
  after(() => scene.close());

  it("has guests put to rest within the time, and ends when they are", async () => {
    const running = scene.start(["shutdown", "--timeout", "4m"]);
    await scene.advance({ status: "succeeded" });
    const { code, stdout, stderr } = await running.ended;
    assert.equal(code, 0, stderr);
    assert.deepEqual(scene.daemon.services.shutdowns, [{ host: true, timeout: 240 }]);
    assert.match(stdout, /All guests rest/);
  });

  it("is called off by Ctrl-C", async () => {
    const running = scene.start(["shutdown"]);
    await scene.advance({ progress: { message: "suspending db" } });
    await shows(running, /suspending db/);
    running.child.kill("SIGINT");
    const { code, stderr } = await running.ended;
    assert.equal(code, 130);
    assert.match(stderr, /Cancelling…[^]*The operation was cancelled/);
  });

  it("has nothing to do where there is no Lodge, and makes none", async () => {
    const home = join(scene.folder, "nowhere");
    const { code, stdout } = await scene.lodge(["shutdown", "--home", home]);
    assert.deepEqual([code, stdout], [0, `There is no Lodge at ${home}.\n`]);
    assert.equal(existsSync(home), false);
  });

  it("starts no daemon where no guest runs", async () => {
    const { code, stdout } = await scene.lodge(["shutdown", "--home", scene.folder]);
    assert.deepEqual([code, stdout], [0, "Neither a guest nor the daemon runs.\n"]);
    assert.equal(existsSync(join(scene.folder, "logs")), false);
  });

  it("is refused for another computer's", async () => {
    const { code, stderr } = await scene.lodge(["shutdown"], { env: { LODGE_URL: "http://127.0.0.1:1" } });
    assert.equal(code, 2);
    assert.match(stderr, /put to rest there/);
  });
});
