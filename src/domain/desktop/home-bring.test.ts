import assert from "node:assert/strict";
import { mkdir, mkdtemp, open, readdir, readFile, rm } from "node:fs/promises";
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
import { memberKey } from "../member/record.ts";
import { layerKey, layerPath, type Layer } from "../volume/layer.ts";
import { poolKey } from "../volume/pool.ts";
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

/** A home on h1, in its own folder or in a pool that h2 has too; h2 is where it is to come. */
async function given(store: Store, where: "own" | "shared", away = false): Promise<Given> {
  const folder = await mkdtemp(join(tmpdir(), "lodge-home-"));
  const [there, here, team] = ["h1", "h2", "team/lodge"].map((name) => join(folder, name));
  for (const name of [there!, here!, team!]) await mkdir(name, { recursive: true });
  const path = layerPath(there!, layer, "raw");
  await using file = await open(where === "own" ? path : join(team!, `${layer}.raw`), "w");
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
      ]),
      { key: placeOf("h1", layerKey(layer)), value: where === "own" ? record : { ...record, pool: "team" } },
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

const define = ({ folder, own, hosts }: Given) =>
  defineBringHome({ store: own, folder: join(folder, "h2"), hosts, log: silentLog });

const volumeOn = async (store: Store, host: string) =>
  (await store.get(placeOf(host, volumeKey(id))))?.value as VolumeRecord | undefined;

async function requireHere(store: Store): Promise<void> {
  assert.equal(await volumeOn(store, "h1"), undefined);
  const { place } = (await volumeOn(store, "h2"))!;
  assert.equal(place.kind, "rest");
  const top = (place as { readonly layer: string }).layer;
  assert.notEqual(top, layer);
  const { path } = (await store.get(placeOf("h2", layerKey(top))))!.value as Layer;
  const bytes = await readFile(path);
  assert.equal(bytes.length, 2 * homePiece + 1);
  assert.equal(bytes.subarray(homePiece - 5, homePiece).toString(), "begin");
  assert.equal(bytes.at(-1), "!".charCodeAt(0));
}

for (const where of ["own", "shared"] as const)
  operationConformance(
    `bringing a home ${where === "own" ? "as a copy" : "in a common pool"}`,
    async (store) => {
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
        ],
        assertDone: () => requireHere(store),
        dispose: () => rm(folder, { recursive: true }),
      } satisfies OperationWorld;
    },
  );

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

  it("comes where it lies in a common pool", async () => {
    const store = new MemoryStore();
    assert.equal(await bring(await given(store, "shared", true)), undefined);
    assert.ok(await volumeOn(store, "h2"));
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

  it("where a clone or a snapshot shares its blocks", async () => {
    const store = new MemoryStore();
    const found = await given(store, "own");
    const key = placeOf("h1", layerKey(layer));
    const item = (await store.get(key))!;
    await store.transact({ put: [{ key, value: { ...(item.value as Layer), below: "l9999999999" } }] });
    assert.equal(await bring(found), "desktop.home_away");
  });
});
