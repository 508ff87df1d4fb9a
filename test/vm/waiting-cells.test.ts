/** Is a cell that waits for a daemon that is gone ended, and one that runs let be? */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { exec } from "#base/exec";
import { findProcesses } from "#base/find-process";
import { endProcess } from "#base/process";
import { bubblewrapArgs } from "#hypervisor/cell/bubblewrap";
import { endWaiting, waitingCells } from "#hypervisor/cell/waiting";

describe("cells of a daemon that is gone", () => {
  let home = "";
  const named = (program: string) =>
    findProcesses(
      ([name = "", ...words]) => name.endsWith(program) && words.some((word) => word.includes(home)),
    );
  /** Begins one, and ends whoever did: `block` is a descriptor of the shell's that nobody writes to. */
  const begin = async (block?: number) => {
    const args = bubblewrapArgs({
      binds: [
        { from: "/", how: "read" },
        { from: join(home, "pipe"), how: "read" },
      ],
      links: {},
      network: "none",
      privileged: process.getuid?.() === 0,
      capabilities: [],
      proc: false,
      descriptors: block === undefined ? {} : { block },
      command: ["/bin/sleep", "600"],
    });
    await exec("sh", [
      "-c",
      'exec 5<>"$0"; setsid "$@" >/dev/null 2>&1 &',
      join(home, "pipe"),
      "bwrap",
      ...args,
    ]);
  };
  before(async () => {
    home = mkdtempSync(join(tmpdir(), "lodge-waiting-"));
    await exec("mkfifo", [join(home, "pipe")]);
  });
  after(async () => {
    for (const cell of await named("bwrap")) await endProcess(cell, 0);
    rmSync(home, { recursive: true });
  });

  const until = async (holds: () => Promise<boolean>) => {
    while (!(await holds())) await delay(20);
  };

  it("end where they wait, and go on where they run", { timeout: 30_000 }, async () => {
    await begin();
    await until(async () => (await named("bwrap")).length === 1 && (await waitingCells(home)).length === 0);
    const running = await named("bwrap");
    await begin(5);
    await until(async () => (await waitingCells(home)).length === 1);
    await endWaiting(home);
    await until(async () => (await named("bwrap")).length === 1);
    assert.deepEqual(await named("bwrap"), running);
  });

  it("end also where the process outside is gone", { timeout: 30_000 }, async () => {
    const running = await named("bwrap");
    await begin(5);
    await until(async () => (await waitingCells(home)).length === 1);
    const inside = (await waitingCells(home))[0]!.pid;
    const outside = (await named("bwrap")).filter(
      ({ pid }) => pid !== inside && !running.some((other) => other.pid === pid),
    );
    for (const one of outside) await endProcess(one, 0);
    assert.deepEqual(
      (await waitingCells(home)).map(({ pid }) => pid),
      [inside],
    );
    await endWaiting(home);
    assert.deepEqual(await named("bwrap"), running);
  });
});
