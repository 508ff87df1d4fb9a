import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { startDetached } from "./detached.ts";

describe("a program that outlives the daemon", () => {
  let folder = "";
  before(async () => (folder = await mkdtemp(join(tmpdir(), "lodge-detached-"))));
  after(() => rm(folder, { recursive: true, force: true }));

  it("is in a session of its own, in its folder, and what it prints is in its log", async () => {
    const log = join(folder, "log");
    const script = "pwd; cut -d' ' -f6 /proc/$$/stat; echo $$ >&2";
    const { process, ended } = await startDetached("sh", ["-c", script], { log, cwd: folder });
    assert.equal(await ended, "exit status 0");
    const [where, session, id] = (await readFile(log, "utf8")).trim().split("\n");
    assert.deepEqual([where, session, id], [folder, `${process.pid}`, `${process.pid}`]);
  });

  it("says how it ended", async () => {
    const options = { log: join(folder, "log"), cwd: folder };
    const { ended } = await startDetached("sh", ["-c", "kill -9 $$"], options);
    assert.equal(await ended, "killed by SIGKILL");
  });

  it("that is not installed is named with its package", async () => {
    const options = { log: join(folder, "log"), cwd: folder };
    await assert.rejects(startDetached("/nowhere/qemu-img", [], options), {
      code: "host.command_missing",
      params: { command: "/nowhere/qemu-img", package: "qemu-utils" },
    });
  });
});
