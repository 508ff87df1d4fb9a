import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { openFolder, plainPath, requireGroups, requireOwner, requireShareable } from "./folder.ts";
import { nameFor } from "./shares.ts";

const folder = realpathSync(mkdtempSync(join(tmpdir(), "lodge-share-")));
after(() => rmSync(folder, { recursive: true, force: true }));

const own = ["/var/lib/lodge", "/run/lodge", "/pool/disks"];
const refused = { code: "share.refused" };

test("a folder that was made to be shared may be", () => {
  for (const path of ["/srv/code", "/srv/ann", "/var/lib/lodge-data", "/usrlocal", "/runner"])
    requireShareable(path, own);
});

test("where the system or Lodge lives, nothing is shared, nor what they live in", () => {
  for (const path of [
    "/",
    "/etc",
    "/etc/ssh",
    "/proc",
    "/proc/1/root",
    "/sys",
    "/dev/shm",
    "/usr/local",
    "/run/lodge/g1",
    "/var",
    "/var/lib",
    "/var/lib/lodge",
    "/var/lib/lodge/layers",
    "/pool",
    "/pool/disks/.cells",
  ])
    assert.throws(() => requireShareable(path, own), refused, path);
});

test("root's own folder is shared to be read alone", () => {
  const asRoot = { uid: 0, asRoot: true };
  assert.throws(() => requireOwner("/srv", { ...asRoot, readOnly: false }), refused);
  requireOwner("/srv", { ...asRoot, readOnly: true });
  requireOwner("/srv", { uid: 1000, asRoot: true, readOnly: false });
});

test("a user who runs Lodge shares folders where he is in his own group alone", () => {
  const asUser = { asRoot: false, gid: 1000 };
  requireGroups("/srv", { ...asUser, groups: [1000] });
  requireGroups("/srv", { asRoot: true, gid: 0, groups: [0, 27] });
  assert.throws(() => requireGroups("/srv", { ...asUser, groups: [1000, 27] }), refused);
});

test("a link is not followed, neither at the end of a path nor on the way", async () => {
  const [real, links] = [join(folder, "real"), join(folder, "links")];
  mkdirSync(join(real, "below"), { recursive: true });
  symlinkSync(real, links);
  writeFileSync(join(folder, "file"), "");
  {
    using opened = openFolder(join(real, "below"));
    assert.ok(opened.descriptor > 0);
  }
  for (const path of [links, join(links, "below"), join(folder, "file"), join(folder, "none")])
    assert.throws(() => openFolder(path), refused, path);
  assert.equal(await plainPath(join(links, "below")), join(real, "below"));
  await assert.rejects(plainPath(join(folder, "none")), refused);
});

test("it is called in the guest as on the host, of what a name may have", () => {
  assert.equal(nameFor("/srv/code"), "code");
  assert.equal(nameFor("/srv/My Files!"), "my-files");
  assert.equal(nameFor("/srv/…"), "share");
  assert.match(nameFor(`/srv/${"long-".repeat(20)}`), /^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/);
});
