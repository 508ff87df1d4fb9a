import assert from "node:assert/strict";
import { mkdir, mkdtemp, open, readdir, readFile, readlink, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { systemClock } from "#base/clock";
import { silentLog } from "#base/log";
import { LodgeError } from "#contract/errors";
import { operationConformance, type OperationWorld } from "#durable/operation/conformance";
import { OperationRegistry, type AnyOperation } from "#durable/operation/define";
import { OperationEngine } from "#durable/operation/engine";
import { HostStore } from "#durable/store/host-store";
import { MemoryStore } from "#durable/store/memory";
import { placeOf } from "#durable/store/partition";
import type { Store } from "#durable/store/store";
import { knowRbd } from "#hypervisor/disk/pool/rbd/connection";
import { memberKey } from "../member/record.ts";
import { layerKey, layerPath, type Layer } from "../volume/layer.ts";
import { poolKey, type PoolRecord } from "../volume/pool.ts";
import { volumeKey, type VolumeRecord } from "../volume/record.ts";
import { homeKey, type HomeOwner } from "./home.ts";
import { defineBringHome, homePiece, homeTarget, type HomeHosts } from "./home-bring.ts";

const ada: HomeOwner = { pool: "dp0123456789", user: "u0123456789", userName: "ada" };
const holder = { desktop: "dt1", guest: "g1" };
const id = "v0123456789";
const layer = "l0123456789";

interface Given {
  readonly folder: string;
  readonly own: HostStore;
  readonly hosts: HomeHosts;
}

/** In its own folder, in a pool that h2 has too, in one of its own that is called as one of h2's, or in Ceph. */
type Where = "own" | "shared" | "named" | "ceph";

/** Stands for Ceph's program: an image is a file of a folder. Its last words are the verb and the images. */
const rbd = (folder: string): string => `#!/bin/sh
cd ${folder} || exit 1
shift 10
case $1 in
rename) [ -e "$2" ] || exit 2; [ ! -e "$3" ] || exit 17; exec mv "$2" "$3";;
info) [ -e "$2" ] || exit 2; echo '{"size":1}';;
*) exit 22;;
esac
`;

/** What Ceph would be on a host, in its own folder's "bin". */
async function withCeph(folder: string): Promise<PoolRecord> {
  const bin = join(folder, "bin");
  await mkdir(bin);
  await mkdir(join(folder, "images"));
  await writeFile(join(bin, "rbd"), rbd(join(folder, "images")), { mode: 0o755 });
  process.env["PATH"] = `${bin}:${path}`;
  const at = join(folder, "rbd", "ceph");
  knowRbd(at, { monitors: ["127.0.0.1"], pool: "rbd", user: "lodge", key: "AA==" });
  const part = { monitors: ["127.0.0.1"], user: "lodge", secret: "", folder: at };
  return { name: "ceph", kind: "rbd", target: "rbd", description: "", rbd: part };
}

const { PATH: path = "" } = process.env;

/** A home on h1; h2 is where it is to come. */
async function given(store: Store, where: Where, away = false): Promise<Given> {
  const folder = await mkdtemp(join(tmpdir(), "lodge-home-"));
  const [there, here, team, fast] = ["h1", "h2", "team/lodge", "fast/lodge"].map((name) =>
    join(folder, name),
  );
  for (const name of [there!, here!, team!, fast!]) await mkdir(name, { recursive: true });
  const path = layerPath(there!, layer, "raw");
  const ceph = await withCeph(folder);
  const lies = { own: path, named: path, shared: join(team!, `${layer}.raw`) };
  await using file = await open(where === "ceph" ? join(folder, `images/lodge-${layer}`) : lies[where], "w");
  // A piece with something at its end, a hole, and a byte.
  await file.write("begin", homePiece - 5);
  await file.write("!", 2 * homePiece);
  const record: Layer = { id: layer, path, format: "raw", createdAt: "" };
  const pool = { name: "team", kind: "shared", target: join(folder, "team"), description: "" };
  const volume: VolumeRecord = {
    ...{ id, name: "home", project: "default", description: "", format: "raw", size: 1, createdAt: "" },
    home: ada,
    place: { kind: "rest", layer },
  };
  const home = { ...ada, volume: id, holder, generation: 1, createdAt: "" };
  await store.transact({
    put: [
      ...["h1", "h2"].flatMap((host) => [
        { key: memberKey(host), value: { id: host, name: host, joinedAt: 0 } },
        { key: placeOf(host, poolKey("team")), value: pool },
        { key: placeOf(host, poolKey("ceph")), value: ceph },
        {
          key: placeOf(host, poolKey("fast")),
          value: { ...pool, name: "fast", kind: "directory", target: join(folder, "fast") },
        },
      ]),
      { key: placeOf("h1", layerKey(layer)), value: { ...record, ...poolOf[where] } },
      { key: placeOf("h1", volumeKey(id)), value: volume },
      { key: homeKey(ada.pool, ada.user), value: home },
    ],
  });
  const answering = <T>(answer: Promise<T>): Promise<T> =>
    away ? Promise.reject(new LodgeError("cluster.host_unreachable", { host: "one" })) : answer;
  const hosts: HomeHosts = {
    nameOf: () => "one",
    file: (_host, _layer) => answering(readFile(path).then(({ length }) => ({ size: length }))),
    read: (_host, _layer, { offset, length }) =>
      answering(readFile(path).then((bytes) => bytes.subarray(offset, offset + length))),
    tidy: () => answering(Promise.resolve()),
  };
  return { folder, own: new HostStore({ store, host: "h2" }), hosts };
}

const poolOf = {
  own: {},
  shared: { pool: "team" },
  named: { pool: "fast" },
  ceph: { pool: "ceph" },
} as const;

const define = ({ folder, own, hosts }: Given) =>
  defineBringHome({ store: own, folder: join(folder, "h2"), hosts, log: silentLog });

const volumeOn = async (store: Store, host: string) =>
  (await store.get(placeOf(host, volumeKey(id))))?.value as VolumeRecord | undefined;

async function requireHere(store: Store, where: Where): Promise<void> {
  assert.equal(await volumeOn(store, "h1"), undefined);
  const { place } = (await volumeOn(store, "h2"))!;
  assert.equal(place.kind, "rest");
  const top = (place as { readonly layer: string }).layer;
  assert.notEqual(top, layer);
  const { path, pool } = (await store.get(placeOf("h2", layerKey(top))))!.value as Layer;
  assert.deepEqual(pool, (poolOf[where] as { pool?: string }).pool);
  if (where === "named") assert.match(await readlink(path), /\/fast\/lodge\/l[^/]+\.raw$/);
  if (where === "ceph") {
    const images = await readdir(join(path, "../../images"));
    assert.deepEqual(
      [images, await readlink(path)],
      [[`lodge-${top}`], join(path, `../../rbd/ceph/${top}.raw`)],
    );
  }
  const bytes = await readFile(where === "ceph" ? join(path, `../../images/lodge-${top}`) : path);
  assert.equal(bytes.length, 2 * homePiece + 1);
  assert.equal(bytes.subarray(homePiece - 5, homePiece).toString(), "begin");
  assert.equal(bytes.at(-1), "!".charCodeAt(0));
}

const ways = {
  own: "as a copy",
  shared: "in a common pool",
  named: "into the pool of the same name",
  ceph: "in Ceph",
};

for (const where of ["own", "shared", "named", "ceph"] as const)
  operationConformance(`bringing a home ${ways[where]}`, async (store) => {
    const found = await given(store, where);
    const { folder, own } = found;
    return {
      define: () => define(found) as unknown as AnyOperation,
      input: { owner: ada, holder },
      targets: [homeTarget(ada)],
      own,
      observe: async () => [
        await volumeOn(store, "h1"),
        await volumeOn(store, "h2"),
        (await own.list("layers/")).items,
        await readdir(join(folder, "h2")),
        await readdir(join(folder, "team/lodge")),
        await readdir(join(folder, "fast/lodge")),
        await readdir(join(folder, "images")),
      ],
      assertDone: () => requireHere(store, where),
      dispose: () => rm(folder, { recursive: true }),
    } satisfies OperationWorld;
  });

async function bring(found: Given): Promise<string | undefined> {
  const registry = new OperationRegistry();
  const definition = define(found);
  registry.add(definition as unknown as AnyOperation);
  const engine = new OperationEngine({
    ...{ store: found.own, registry, clock: systemClock, log: silentLog, pauses: [] },
  });
  await engine.recover();
  const input = { owner: ada, holder };
  const { completion } = await engine.start(definition, input, { targets: [homeTarget(ada)] });
  const { error } = await completion;
  await rm(found.folder, { recursive: true });
  return error?.code;
}

describe("a home on a host that does not answer", () => {
  it("stays there, where it lies on that host alone", async () => {
    const store = new MemoryStore();
    assert.equal(await bring(await given(store, "own", true)), "desktop.home_away");
    assert.ok(await volumeOn(store, "h1"));
  });

  it("comes where it lies in a common pool, or in Ceph", async () => {
    for (const where of ["shared", "ceph"] as const) {
      const store = new MemoryStore();
      assert.equal(await bring(await given(store, where, true)), undefined);
      assert.ok(await volumeOn(store, "h2"));
    }
  });
});

describe("a home does not come", () => {
  it("to a desktop that does not hold it any more", async () => {
    const store = new MemoryStore();
    const found = await given(store, "own");
    const key = homeKey(ada.pool, ada.user);
    const other = { desktop: "dt2", guest: "g2" };
    await store.transact({ put: [{ key, value: { ...ada, volume: id, holder: other, generation: 2 } }] });
    assert.equal(await bring(found), "desktop.home_held");
  });

  it("while it is in a guest there, or was taken for one meanwhile", async () => {
    const store = new MemoryStore();
    const found = await given(store, "own");
    const place = { kind: "guest", guest: "g9", disk: "disk1" };
    const key = placeOf("h1", volumeKey(id));
    const put = [{ key, value: { ...(await volumeOn(store, "h1")), place } }];
    // Between the copy and the commit.
    const read = found.hosts.read.bind(found.hosts);
    const hosts: HomeHosts = {
      ...found.hosts,
      async read(...asked) {
        await store.transact({ put });
        return read(...asked);
      },
    };
    assert.equal(await bring({ ...found, hosts }), "desktop.home_held");
    assert.ok(await volumeOn(store, "h1"));
  });

  it("where a clone or a snapshot shares its blocks, it lies in LVM, or in a Ceph that is not this host's", async () => {
    const key = placeOf("h1", layerKey(layer));
    for (const more of [{ below: "l9999999999" }, { device: true, pool: "team" }, { pool: "far" }]) {
      const store = new MemoryStore();
      const found = await given(store, "own");
      const item = (await store.get(key))!;
      const far = { name: "far", kind: "rbd", target: "rbd", description: "" };
      await store.transact({
        put: [
          { key, value: { ...(item.value as Layer), ...more } },
          { key: placeOf("h1", poolKey("far")), value: far },
        ],
      });
      assert.equal(await bring(found), "desktop.home_stays", JSON.stringify(more));
      assert.ok(await volumeOn(store, "h1"));
    }
  });
});
