import assert from "node:assert/strict";
import { closeSync, openSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { startDetached } from "./detached.ts";

describe("a program that outlives the daemon", () => {
  let folder = "";
  before(async () => (folder = await mkdtemp(join(tmpdir(), "lodge-detached-"))));
  after(() => rm(folder, { recursive: true, force: true }));

  it("is in a session of its own, in its folder, called as it was asked for, and what it prints is in its log", async () => {
    const log = join(folder, "log");
    const script =
      "pwd; cut -d' ' -f6 /proc/$$/stat; echo $$ >&2; tr '\\0' '\\n' </proc/$$/cmdline | head -n 1";
    const { process, ended } = await startDetached("sh", ["-c", script], { log, cwd: folder });
    assert.equal(await ended, "exit status 0");
    const said = (await readFile(log, "utf8")).trim().split("\n");
    assert.deepEqual(said, [folder, `${process.pid}`, `${process.pid}`, "sh"]);
  });

  it("says how it ended", async () => {
    const options = { log: join(folder, "log"), cwd: folder };
    const { ended } = await startDetached("sh", ["-c", "kill -9 $$"], options);
    assert.equal(await ended, "killed by SIGKILL");
  });

  it("is told of when others end at the same moment", async () => {
    const options = { log: join(folder, "log"), cwd: folder };
    const begun = await Promise.all(
      [3, 4, 5, 6, 7, 8].map((status) => startDetached("sh", ["-c", `exit ${status}`], options)),
    );
    assert.deepEqual(
      await Promise.all(begun.map(({ ended }) => ended)),
      [3, 4, 5, 6, 7, 8].map((status) => `exit status ${status}`),
    );
    assert.equal(process.listenerCount("SIGCHLD"), 0);
  });

  it("has only what it is given: no input, its log, and descriptors in their order", async () => {
    const given = ["/proc/version", "/proc/uptime"].map((path) => openSync(path, "r"));
    const other = openSync("/proc/meminfo", "r");
    const log = join(folder, "open");
    try {
      const script = "find /proc/$$/fd -type l -printf '%f %l\\n' | sort; true";
      const { ended } = await startDetached("sh", ["-c", script], { log, cwd: folder, descriptors: given });
      await ended;
    } finally {
      for (const fd of [...given, other]) closeSync(fd);
    }
    const open = (await readFile(log, "utf8")).trim().split("\n");
    // What this process was started with itself, Node keeps to it only of the first numbers.
    const ours = open.filter((line) => Number.parseInt(line) < 16);
    assert.deepEqual(ours, ["0 /dev/null", `1 ${log}`, `2 ${log}`, "3 /proc/version", "4 /proc/uptime"]);
  });

  it("that is not installed is named with its package", async () => {
    const options = { log: join(folder, "log"), cwd: folder };
    await assert.rejects(startDetached("/nowhere/qemu-img", [], options), {
      code: "host.command_missing",
      params: { command: "/nowhere/qemu-img", package: "qemu-utils" },
    });
  });
});
