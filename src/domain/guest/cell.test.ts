/** Whose a cell is. What is in it is tried in test/security/cell. */
import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { LodgeError } from "#contract/errors";
import { MemoryStore } from "#durable/store/memory";
import { create } from "#durable/store/update";
import type { CellHost } from "#hypervisor/cell/host";
import { usersOf } from "#hypervisor/cell/users";
import { DirectoryPool } from "#hypervisor/disk/pool/directory";
import { poolKey, usableFolders } from "../volume/pool.ts";
import { Cells, longestFile } from "./cell.ts";

const host: CellHost = {
  program: "/usr/bin/qemu-system-x86_64",
  bubblewrap: "/usr/bin/bwrap",
  setpriv: "/usr/bin/setpriv",
  privileged: true,
  binds: [],
  links: {},
};
const places = {
  guests: "/none/guests",
  layers: "/none/layers",
  images: "/none/images",
  templates: "/none/templates",
  run: "/none/run",
};
const cellsOf = (found: CellHost | LodgeError, store = new MemoryStore()) =>
  new Cells({ store, places, tag: "ab1cd", host: found });

test("each guest has a user of its own in the range of its Lodge, the same at each start", async () => {
  const cells = cellsOf(host);
  const ids = Array.from({ length: 300 }, (_, at) => `g${at}`);
  const users = await Promise.all(ids.map((id) => cells.userOf(id)));
  assert.equal(new Set(users).size, ids.length);
  const { first } = usersOf("ab1cd");
  for (const user of users) assert.ok(user! > first && user! < first + 65_536);
  assert.deepEqual(await Promise.all(ids.map((id) => cells.userOf(id))), users);
});

test("a user is nobody's again once its guest is no more", async () => {
  const store = new MemoryStore();
  const cells = cellsOf(host, store);
  await cells.userOf("g1");
  await cells.forget("g1");
  await cells.forget("g1");
  assert.deepEqual((await store.list("cell-")).items, []);
});

test("a daemon that starts takes its own views out of a pool, and not those of other hosts that have it", async () => {
  const target = await mkdtemp(join(tmpdir(), "lodge-cell-"));
  const store = new MemoryStore();
  const pool = { name: "team", kind: "directory", target, description: "" };
  await create(store, poolKey(pool.name), pool);
  await new DirectoryPool(target).prepare();
  const [root] = await usableFolders(store, places.layers);
  const views = join(root!, ".cells");
  for (const name of ["g1@ab1cd", "g2@ab1cd", "g3@other"])
    await mkdir(join(views, name), { recursive: true });
  await cellsOf(host, store).sweep((id) => id === "g2");
  assert.deepEqual((await readdir(views)).toSorted(), ["g2@ab1cd", "g3@other"]);
  await rm(target, { recursive: true });
});

test("ranges are above everybody's users and end before what a number of a user may be", () => {
  const tag = fc.string({
    unit: fc.constantFrom(..."0123456789abcdefghijklmnopqrstuvwxyz"),
    minLength: 5,
    maxLength: 5,
  });
  fc.assert(
    fc.property(tag, (text) => {
      const { first } = usersOf(text);
      assert.ok(first >= 0x7000_0000 && first + 65_536 <= 0x7ffe_0000);
      assert.equal(first % 65_536, 0);
    }),
  );
});

test("without privilege cells have no users; where there can be none, none is made", async () => {
  assert.equal(await cellsOf({ ...host, privileged: false }).userOf("g1"), undefined);
  const none = new LodgeError("host.cell_unavailable", { reason: "no namespaces" });
  await assert.rejects(cellsOf(none).userOf("g1"), { code: "host.cell_unavailable" });
});

test("a file may be longer than any disk of its guest", () => {
  assert.ok(longestFile([]) > 1024 ** 3);
  assert.ok(longestFile([10, 3 * 1024 ** 4, 5]) > 3 * 1024 ** 4);
});
