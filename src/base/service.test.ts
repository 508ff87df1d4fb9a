import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { isInstalled, lingers, serviceUnits, systemdRuns } from "./service.ts";

const root = { env: { LODGE_HOME: "/srv/other" }, uid: 0 };
const user = { env: { HOME: "/home/user" }, uid: 1000 };

test("the usual home's services have plain names, whoever they are of", () => {
  assert.deepEqual(serviceUnits("/var/lib/lodge", root), {
    scope: "system",
    folder: "/etc/systemd/system",
    daemon: "lodged.service",
    guests: "lodge-guests.service",
  });
  assert.deepEqual(serviceUnits("/home/user/.local/share/lodge", user), {
    scope: "user",
    folder: "/home/user/.config/systemd/user",
    daemon: "lodged.service",
    guests: "lodge-guests.service",
  });
});

test("those of other homes have names of their own, always the same", () => {
  const one = serviceUnits("/srv/other", root);
  assert.match(one.daemon, /^lodged-[0-9a-f]{10}\.service$/);
  assert.match(one.guests, /^lodge-guests-[0-9a-f]{10}\.service$/);
  assert.deepEqual(serviceUnits("/srv/other", { env: {}, uid: 0 }), one);
  assert.notEqual(serviceUnits("/srv/third", root).daemon, one.daemon);
});

test("a service is installed where its unit is", () => {
  const folder = mkdtempSync(join(tmpdir(), "lodge-service-"));
  const units = serviceUnits("/srv/other", { env: { XDG_CONFIG_HOME: folder }, uid: 1000 });
  assert.equal(isInstalled(units), false);
  mkdirSync(units.folder, { recursive: true });
  writeFileSync(join(units.folder, units.daemon), "");
  assert.equal(isInstalled(units), true);
  rmSync(folder, { recursive: true });
});

test("a user's services outlive a login where systemd was told so", () => {
  const folder = mkdtempSync(join(tmpdir(), "lodge-linger-"));
  assert.equal(lingers(folder), false);
  writeFileSync(join(folder, userInfo().username), "");
  assert.equal(lingers(folder), true);
  rmSync(folder, { recursive: true });
});

test("a user's systemd runs only where the user has a folder of it", () => {
  assert.equal(systemdRuns("user", { XDG_RUNTIME_DIR: "/nowhere/at/all" }), false);
  assert.equal(systemdRuns("user", {}), false);
});
