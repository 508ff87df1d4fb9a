/**
 * `form.ts JSON`, in a host whose daemon does not run: makes it a member of a cluster whose etcd runs, by what joining writes and without
 * what it asks other hosts for.
 */
import { mkdir, rename } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { systemClock } from "#base/clock";
import { exec } from "#base/exec";
import { homePaths } from "#base/home";
import { authorityKey, type AuthorityRecord } from "#domain/cluster/authority";
import { carryInto } from "#domain/cluster/carry";
import { writeClusterFile } from "#domain/cluster/cluster-file";
import { HostIdentity } from "#domain/cluster/host-identity";
import { incarnationKey } from "#domain/cluster/incarnation";
import { imageKey, readyImages, type ImageRecord } from "#domain/image/record";
import { memberKey, memberNameKey, type MemberRecord } from "#domain/member/record";
import { listTemplates, templateKey } from "#domain/template/record";
import { layerKey, type Layer } from "#domain/volume/layer";
import { openEtcdStore } from "#durable/store/etcd";
import { HostStore } from "#durable/store/host-store";
import { openSqliteStore } from "#durable/store/sqlite";
import type { Put, Store } from "#durable/store/store";

export interface Formation {
  readonly home: string;
  readonly host: string;
  readonly name: string;
  readonly address: string;
  readonly endpoints: readonly string[];
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  readonly authority: AuthorityRecord;
  /** Id of the host whose records all go by: where that is this one, its own are carried over, and the cluster's made. */
  readonly first: string;
  /** Another one keeps its image too, by the first one's record. */
  readonly sharesImage: boolean;
  /** What it shows counts as a desktop. */
  readonly desktop?: boolean;
}

const formation = JSON.parse(process.argv[2]!) as Formation;
const { home, host, name, endpoints, ca, cert, key, first } = formation;
const address = `${formation.address}:8470`;
await mkdir(join(home, "cluster"), { recursive: true });
await HostIdentity.write(join(home, "cluster"), systemClock, { ca, cert, key });
const all = await openEtcdStore({ endpoints, name: host });
const own = await openSqliteStore(homePaths(home).store);
try {
  const now = systemClock.now();
  const known = { version: "0.1.0", wire: 1, state: "active", joinedAt: now, certificates: [] } as const;
  const record: MemberRecord = { id: host, name, address, ...known };
  await all.transact({
    put: [
      { key: memberKey(host), value: record },
      { key: memberNameKey(name), value: host },
      { key: incarnationKey(host), value: { since: now, because: "joined" } },
    ],
  });
  const signal = new AbortController().signal;
  const carried = { from: own, to: all, host: { id: host, name }, signal, progress: () => undefined };
  if (host === first) {
    await carryInto(carried);
    await all.transact({ put: [{ key: authorityKey, value: formation.authority }] });
  } else if (formation.sharesImage) await shareImage(own, all);
  if (formation.desktop) {
    const records = new HostStore({ store: all, host });
    for (const image of await readyImages(records))
      await records.transact({ put: [{ key: imageKey(image.id), value: { ...image, desktop: true } }] });
  }
  const etcd = { endpoints, external: true } as const;
  await writeClusterFile(home, { cluster: "c1", host, name, address, etcd });
} finally {
  await own.close();
  await all.close();
}

/** Of a template of it, too: of the image as it is called there. */
async function shareImage(from: Store, to: Store): Promise<void> {
  const [mine] = await readyImages(from);
  const [theirs] = await readyImages(new HostStore({ store: to, host: first }));
  // What is in a folder of another name is nobody's, and would go.
  const folder = join(dirname(dirname(mine!.path)), theirs!.id);
  await rename(dirname(mine!.path), folder);
  const image: ImageRecord = {
    ...theirs!,
    path: join(folder, basename(mine!.path)),
    ...(mine!.directBoot ? { directBoot: mine!.directBoot } : {}),
  };
  const put: Put[] = [{ key: imageKey(image.id), value: image }];
  for (const template of await listTemplates(from)) {
    const layer = (await from.get(layerKey(template.layer)))!.value as Layer;
    await exec("qemu-img", ["rebase", "-u", "-b", image.path, "-F", image.format, layer.path]);
    put.push({ key: layerKey(layer.id), value: { ...layer, image: image.id } });
    put.push({ key: templateKey(template.id), value: { ...template, image: image.id } });
  }
  await new HostStore({ store: to, host }).transact({ put });
}
