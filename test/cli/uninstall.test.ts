import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, beforeEach, describe, it } from "node:test";
import { launcher, run } from "./lodge.ts";

const folders: string[] = [];
let home = "";
let user = "";
beforeEach(() => {
  const folder = mkdtempSync(join(tmpdir(), "lodge-uninstall-"));
  folders.push(folder);
  home = join(folder, "home");
  user = join(folder, "user");
  for (const path of ["images", "guests", "logs", "run", "cache", "audit", "recordings", "tls"])
    mkdirSync(join(home, path), { recursive: true });
  writeFileSync(join(home, "images/disk.qcow2"), "x");
  writeFileSync(join(home, "secret.key"), "x");
  mkdirSync(join(user, ".local/bin"), { recursive: true });
});
const strangers: ChildProcess[] = [];
after(() => {
  for (const child of strangers) child.kill("SIGKILL");
  for (const folder of folders) rmSync(folder, { recursive: true });
});

/** A process of that name and with those arguments, which does nothing. */
function stranger(name: string, ...words: string[]): ChildProcess {
  const args = ["-e", "setInterval(() => {}, 1000)", "--", ...words];
  const child = spawn(process.execPath, args, { stdio: "ignore", argv0: name });
  strangers.push(child);
  return child;
}

const uninstall = (...words: string[]) =>
  run(["uninstall", ...words], { env: { LODGE_HOME: home, HOME: user } }).ended;

/** With code compiled where this user's is. */
const ownCode = { NODE_COMPILE_CACHE: undefined };

describe("lodge uninstall", () => {
  it("leaves nothing: neither home, nor compiled code, nor its link", async () => {
    const link = join(user, ".local/bin/lodge");
    symlinkSync(launcher, link);
    const env = { LODGE_HOME: home, HOME: user, ...ownCode };
    assert.equal((await run(["version"], { env }).ended).code, 0);
    assert.ok(existsSync(join(user, ".cache/lodge")));
    const { code, stderr } = await run(["uninstall", "--yes"], { env }).ended;
    assert.deepEqual([code, stderr], [0, ""]);
    assert.equal(existsSync(home), false);
    assert.equal(existsSync(join(user, ".cache/lodge")), false);
    assert.equal(existsSync(link), false);
  });

  it("touches nothing in the folder that it is called in", async () => {
    mkdirSync(join(user, "lodge"));
    const env = { LODGE_HOME: home, HOME: user, XDG_CACHE_HOME: "" };
    assert.equal((await run(["uninstall", "--yes"], { env, cwd: user }).ended).code, 0);
    assert.ok(existsSync(join(user, "lodge")));
  });

  it("touches nothing that is not Lodge's", async () => {
    writeFileSync(join(home, "thesis.txt"), "mine");
    symlinkSync("/bin/true", join(user, ".local/bin/lodge"));
    const { code, stderr } = await uninstall("--yes");
    assert.equal(code, 0);
    assert.match(stderr, /still there: thesis\.txt/);
    assert.deepEqual(readdirSync(home), ["thesis.txt"]);
    assert.deepEqual(readdirSync(join(user, ".local/bin")), ["lodge"]);
  });

  it("asks, and where nobody can answer does nothing", async () => {
    const { code, stderr } = await uninstall();
    assert.equal(code, 2);
    assert.match(stderr, /nobody is there to ask; say --yes/);
    assert.ok(existsSync(join(home, "images/disk.qcow2")));
  });

  it("refuses where no daemon can be started to take down what it set up, and says why", async () => {
    writeFileSync(join(home, "lodge.db"), "this is no database".repeat(100));
    const { code, stderr } = await uninstall("--yes");
    assert.equal(code, 1);
    assert.match(stderr, /cannot be taken down without its daemon[\s\S]*--force[\s\S]*it is not a database/);
    assert.ok(existsSync(join(home, "images/disk.qcow2")));
  });

  it("goes on without a daemon where it is told to, and ends what is provably the home's", async () => {
    writeFileSync(join(home, "lodge.db"), "this is no database".repeat(100));
    const guest = stranger("qemu-system-x86_64", `socket,id=qmp,path=${home}/run/g1/qmp`);
    const other = stranger("qemu-system-x86_64", `socket,id=qmp,path=${home}-other/run/g1/qmp`);
    const gone = new Promise((resolve) => guest.once("exit", resolve));
    const { code, stdout } = await uninstall("--yes", "--force");
    await gone;
    assert.equal(code, 0, stdout);
    assert.equal(other.exitCode, null);
    assert.equal(existsSync(home), false);
  });

  it("ends the home's processes where its store is lost, and names what it cannot take down", async () => {
    // A device that every computer has stands for the bridge.
    const server = stranger("dnsmasq", "--interface=lo", `--pid-file=${home}/run/net/default/dnsmasq.pid`);
    const gone = new Promise((resolve) => server.once("exit", resolve));
    const { code, stderr } = await uninstall("--yes");
    await gone;
    assert.equal(code, 0);
    assert.match(stderr, /Not removed[\s\S]*bridge lo and its rules[\s\S]*ip link delete lo/);
    assert.equal(existsSync(home), false);
  });

  it("has nothing to do where nothing is", async () => {
    rmSync(home, { recursive: true });
    const { code, stdout } = await uninstall("--yes");
    assert.equal(code, 0);
    assert.match(stdout, /There is no Lodge/);
  });
});
