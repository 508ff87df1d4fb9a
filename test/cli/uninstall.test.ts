import assert from "node:assert/strict";
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
  for (const path of ["images", "guests", "logs", "run", "cache"])
    mkdirSync(join(home, path), { recursive: true });
  writeFileSync(join(home, "images/disk.qcow2"), "x");
  writeFileSync(join(home, "secret.key"), "x");
  mkdirSync(join(user, ".local/bin"), { recursive: true });
});
after(() => folders.forEach((folder) => rmSync(folder, { recursive: true })));

const uninstall = (...words: string[]) =>
  run(["uninstall", ...words], { env: { LODGE_HOME: home, HOME: user } }).ended;

describe("lodge uninstall", () => {
  it("leaves nothing: neither home, nor compiled code, nor its link", async () => {
    const link = join(user, ".local/bin/lodge");
    symlinkSync(launcher, link);
    const { code, stderr } = await uninstall("--yes");
    assert.deepEqual([code, stderr], [0, ""]);
    assert.equal(existsSync(home), false);
    assert.equal(existsSync(join(user, ".cache/lodge")), false);
    assert.equal(existsSync(link), false);
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

  it("refuses where guests may run and no daemon is there to end them", async () => {
    writeFileSync(join(home, "lodge.db"), "");
    const { code, stderr } = await uninstall("--yes");
    assert.equal(code, 4);
    assert.match(stderr, /npm start/);
    assert.ok(existsSync(join(home, "images/disk.qcow2")));
  });

  it("has nothing to do where nothing is", async () => {
    rmSync(home, { recursive: true });
    const { code, stdout } = await uninstall("--yes");
    assert.equal(code, 0);
    assert.match(stdout, /There is no Lodge/);
  });
});
