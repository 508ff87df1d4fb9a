/** Does `lodge uninstall` leave nothing, whoever runs and whatever state the home is in? */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { exec } from "#base/exec";
import { groupsOf, networkOf, processesOf, TestLodge, text } from "./daemon.ts";

const lodgeCommand = join(import.meta.dirname, "../../bin/lodge");

describe("lodge uninstall", () => {
  let user = "";
  before(async () => void (user = await mkdtemp(join(tmpdir(), "lodge-user-"))));
  const lodges: TestLodge[] = [];
  after(async () => {
    for (const lodge of lodges) {
      await lodge.end();
      await lodge.sweepHost();
      await rm(lodge.home, { recursive: true, force: true });
    }
    await rm(user, { recursive: true, force: true });
  });

  async function uninstall(home: string, ...words: string[]) {
    const child = spawn(lodgeCommand, ["uninstall", "--yes", "--home", home, ...words], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { PATH: process.env["PATH"], HOME: user },
    });
    const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
    const [stdout, said, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
    // How far it is goes where errors go.
    return { code, stdout, stderr: said.replace(/^Lodge: shutting down 1 guest\n/gm, "") };
  }

  /** A Lodge with a guest that runs and a template that is parked. */
  async function furnished(): Promise<TestLodge> {
    const lodge = await TestLodge.start();
    lodges.push(lodge);
    await lodge.run({ name: "g", restart: "always" });
    assert.ok(processesOf(lodge.paths).length >= 3);
    assert.ok((await networkOf(lodge.tag)).length >= 3);
    return lodge;
  }

  async function assertNothing(lodge: TestLodge): Promise<void> {
    assert.deepEqual(processesOf(lodge.paths), []);
    assert.deepEqual(await networkOf(lodge.tag), []);
    assert.equal(existsSync(lodge.home), false);
    assert.equal(existsSync(lodge.paths.run), false);
  }

  it("takes all down that runs, by the daemon that does", async () => {
    const lodge = await furnished();
    const { code, stdout, stderr } = await uninstall(lodge.home);
    assert.deepEqual([code, stderr], [0, ""], stdout);
    await assertNothing(lodge);
  });

  it("starts a daemon where none runs, so that guests, networks and memory go as well", async () => {
    const lodge = await furnished();
    await lodge.end("SIGKILL");
    const { code, stdout, stderr } = await uninstall(lodge.home);
    assert.deepEqual([code, stderr], [0, ""], stdout);
    assert.match(stdout, /No daemon runs: starting it/);
    await assertNothing(lodge);
  });

  it("of a home whose store is lost ends its processes, and names the bridge that it cannot take down", async () => {
    const lodge = await furnished();
    await lodge.end("SIGKILL");
    const [bridge] = (await networkOf(lodge.tag)).filter((name) => name.startsWith("ldg"));
    for (const end of ["", "-wal", "-shm"]) await rm(`${lodge.paths.store}${end}`, { force: true });
    const { code, stderr } = await uninstall(lodge.home);
    assert.equal(code, 0, stderr);
    assert.deepEqual(processesOf(lodge.paths), []);
    assert.deepEqual(groupsOf(lodge.tag), []);
    assert.equal(existsSync(lodge.home), false);
    // What it says is what is left, and its commands take that off.
    const commands = [...stderr.matchAll(/'((?:ip|nft) [^']*)'/g)].map((match) => match[1]!.split(" "));
    assert.ok(
      commands.some((words) => words.at(-1) === bridge),
      stderr,
    );
    for (const [program, ...words] of commands) await exec(program!, words);
    assert.deepEqual(await networkOf(lodge.tag), []);
  });
});
