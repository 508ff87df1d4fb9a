import assert from "node:assert/strict";
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readlinkSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { hasCode } from "#contract/errors";
import { checkRun, homePaths, prepareRun, resolveHome } from "./home.ts";

const scratch = mkdtempSync(join(tmpdir(), "lodge-home-"));
after(() => rmSync(scratch, { recursive: true, force: true }));

const self = process.getuid?.() ?? 0;
const user = { env: {}, uid: 1000 };
const folder = (...parts: string[]) => {
  const path = join(scratch, ...parts);
  mkdirSync(path, { recursive: true });
  return path;
};
const long = "a-home-with-a-name-".repeat(5);

test("the home is LODGE_HOME, else root's, else the XDG folder", () => {
  assert.equal(resolveHome({ env: { LODGE_HOME: "/srv/x/../y" }, uid: 0 }), "/srv/y");
  assert.equal(resolveHome({ env: { LODGE_HOME: "", HOME: "/root" }, uid: 0 }), "/var/lib/lodge");
  assert.equal(resolveHome({ env: { XDG_DATA_HOME: "/d" }, uid: 1 }), "/d/lodge");
  assert.equal(resolveHome({ env: { XDG_DATA_HOME: "d", HOME: "/h" }, uid: 1 }), "/h/.local/share/lodge");
});

test("everything lies below a home with a short path", () => {
  const home = folder("short");
  for (const path of Object.values(homePaths(home, user))) assert.ok(path.startsWith(home), path);
});

test("a home that does not exist yet has the paths it will have", () => {
  const home = join(scratch, "link-to-come", "deep", "home");
  symlinkSync(folder("real"), join(scratch, "link-to-come"));
  const before = homePaths(home, user);
  mkdirSync(home, { recursive: true });
  assert.deepEqual(homePaths(home, user), before);
  assert.equal(before.home, join(scratch, "real/deep/home"));
});

test("no socket's path reaches 108 bytes, whatever the home's length", () => {
  for (let length = 1; length < 200; length++) {
    const home = join("/nowhere", "h".repeat(length));
    for (const uid of [0, 1000]) {
      const { run, socket } = homePaths(home, { env: { XDG_RUNTIME_DIR: scratch }, uid });
      assert.ok(Buffer.byteLength(join(run, "g0123456789", "twelve.sockt")) < 108, run);
      assert.ok(Buffer.byteLength(socket) < 108);
    }
  }
});

test("bytes count, not characters", () => {
  const home = join("/nowhere", "ü".repeat(60));
  assert.match(homePaths(home, { env: {}, uid: 0 }).run, /^\/run\/lodge-[0-9a-f]{10}$/);
});

test("a long home's sockets lie in the runtime folder of its user", () => {
  const home = folder(long);
  assert.match(homePaths(home, { env: {}, uid: 0 }).run, /^\/run\/lodge-[0-9a-f]{10}$/);
  assert.match(homePaths(home, user).run, /^\/tmp\/lodge-1000-[0-9a-f]{10}$/);
  const runtime = folder("runtime");
  assert.equal(dirname(homePaths(home, { env: { XDG_RUNTIME_DIR: runtime }, uid: 1000 }).run), runtime);
  const gone = { env: { XDG_RUNTIME_DIR: "/nowhere/at/all" }, uid: 1000 };
  assert.match(homePaths(home, gone).run, /^\/tmp\/lodge-1000-/);
});

test("two long homes do not meet; two names of one home do", () => {
  const home = folder(long);
  symlinkSync(home, join(scratch, "s"));
  assert.equal(homePaths(join(scratch, "s"), user).run, homePaths(home, user).run);
  assert.notEqual(homePaths(folder(`${long}2`), user).run, homePaths(home, user).run);
});

test("whoever comes later finds the folder that the daemon made, in whatever environment", () => {
  const home = folder(`${long}3`);
  const runtime = folder("rt");
  const paths = homePaths(home, { env: { XDG_RUNTIME_DIR: runtime }, uid: 1000 });
  prepareRun(paths, self);
  assert.equal(readlinkSync(join(home, "run")), paths.run);
  assert.equal(homePaths(home, user).run, paths.run);
  prepareRun(paths, self);
  rmSync(runtime, { recursive: true });
  assert.match(
    homePaths(home, user).run,
    /^\/tmp\/lodge-1000-/,
    "a runtime folder that is gone is not waited for",
  );
});

test("a folder for sockets that others could write to is refused", () => {
  const paths = homePaths(folder("checked"), user);
  checkRun(paths, self);
  prepareRun(paths, self);
  assert.equal(lstatSync(paths.run).mode & 0o022, 0);
  checkRun(paths, self);
  chmodSync(paths.run, 0o777);
  assert.throws(
    () => checkRun(paths, self),
    (error) => hasCode(error, "api.folder_unsafe"),
  );
});

test("a link or a file where the folder should be is refused", () => {
  const home = folder(`${long}4`);
  const paths = homePaths(home, { env: { XDG_RUNTIME_DIR: folder("rt2") }, uid: 1000 });
  symlinkSync(folder("elsewhere"), paths.run);
  assert.throws(
    () => prepareRun(paths, self),
    (error) => hasCode(error, "api.folder_unsafe"),
  );
});

test("a folder that somebody else made first is refused", { skip: self !== 0 && "needs root" }, () => {
  const paths = homePaths(folder("foreign"), user);
  prepareRun(paths, 0);
  const stranger = 4242;
  checkRun(paths, stranger);
  chownSync(paths.run, stranger, stranger);
  assert.throws(
    () => checkRun(paths, 0),
    (error) => hasCode(error, "api.folder_unsafe"),
  );
});
