/**
 * Do guests run on while Lodge is upgraded to a version whose store has another format? The next version is this
 * checkout with one more migration.
 */
import assert from "node:assert/strict";
import { cp, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { exec } from "#base/exec";
import { TestLodge } from "../daemon.ts";

const checkout = join(import.meta.dirname, "../../..");

describe("an upgrade of Lodge", () => {
  let lodge: TestLodge;
  let next = "";
  let pid = 0;
  let address = "";
  before(async () => {
    next = await nextVersion();
    lodge = await TestLodge.start(undefined, { parked: false });
    const guest = await lodge.run({ name: "g", cold: true });
    pid = guest.pid!;
    address = guest.nics[0]!.address!;
    await lodge.sh("g", "echo kept >/dev/shm/mark");
  });
  after(async () => {
    await lodge?.[Symbol.asyncDispose]();
    await rm(next, { recursive: true, force: true });
  });

  const nextDaemon = () => join(next, "bin/lodged.ts");
  const backups = async () => (await readdir(lodge.home)).filter((name) => name.includes(".bak-"));

  it("migrates the store, a copy of it made first, and takes up the guests that run", async () => {
    const known = await schemaOf(checkout);
    assert.deepEqual(await backups(), []);
    await lodge.end("SIGTERM");
    await lodge.start(nextDaemon());
    assert.equal((await lodge.client.call("hostGet")).version, "99.0.0");
    const guest = await lodge.guest("g");
    assert.deepEqual([guest.state, guest.pid], ["running", pid]);
    assert.equal(await lodge.sh("g", "cat /dev/shm/mark"), "kept");
    assert.deepEqual(await backups(), [`lodge.db.bak-${known}`]);
  });

  it("is not gone back on by chance: the older one refuses, says what to do, and guests run on", async () => {
    await lodge.end("SIGTERM");
    const refused = await lodged(lodge.home);
    assert.match(refused, /written by a newer Lodge/);
    assert.match(refused, /Upgrade Lodge, or put lodge\.db\.bak-\d+ in its place/);
    await exec("ping", ["-c", "1", "-w", "30", address]);
  });

  it("is gone back on by the copy: the older one has its guests again", async () => {
    const [backup] = await backups();
    for (const end of ["-wal", "-shm"]) await rm(`${lodge.paths.store}${end}`, { force: true });
    await rename(join(lodge.home, backup!), lodge.paths.store);
    await lodge.start();
    const guest = await lodge.guest("g");
    assert.deepEqual([guest.state, guest.pid], ["running", pid]);
    assert.equal(await lodge.sh("g", "cat /dev/shm/mark"), "kept");
  });
});

/** What lodged of this checkout says when it does not start. */
async function lodged(home: string): Promise<string> {
  const flags = ["--experimental-ffi", "--disable-warning=ExperimentalWarning"];
  const ended = await exec(process.execPath, [...flags, join(checkout, "bin/lodged.ts"), "--home", home], {
    timeout: 30_000,
  }).catch((error: { detail?: string }) => error);
  assert.ok("detail" in ended, "it started");
  return ended.detail ?? "";
}

const schemaFile = "src/durable/store/sqlite-schema.ts";

async function schemaOf(folder: string): Promise<number> {
  const { knownSchema } = (await import(join(folder, schemaFile))) as { knownSchema: number };
  return knownSchema;
}

/** A checkout of the version after this one. */
async function nextVersion(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "lodge-next-"));
  for (const part of ["bin", "src", "agent", "recipes", "package.json"])
    await cp(join(checkout, part), join(folder, part), { recursive: true });
  await symlink(join(checkout, "node_modules"), join(folder, "node_modules"));
  const manifest = join(folder, "package.json");
  const versioned = (await readFile(manifest, "utf8")).replace(/"version": "[^"]*"/, '"version": "99.0.0"');
  await writeFile(manifest, versioned);
  const schema = join(folder, schemaFile);
  const text = await readFile(schema, "utf8");
  const migrated = text.replace(
    /(const migrations: readonly string\[\] = \[\n[\s\S]*?)\n\];/,
    '$1\n  "ALTER TABLE leases ADD COLUMN holder TEXT",\n];',
  );
  assert.notEqual(migrated, text);
  await writeFile(schema, migrated);
  return folder;
}
