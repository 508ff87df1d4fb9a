/**
 * `form.ts JSON`, in a host that is to be one of a cluster whose etcd runs: what joining comes to, without what is asked of other
 * hosts for it. The first one's records are carried over; the others keep their image alone, under its id.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { systemClock } from "#base/clock";
import { homePaths } from "#base/home";
import { carryInto } from "#domain/cluster/carry";
import { writeClusterFile } from "#domain/cluster/cluster-file";
import { HostIdentity } from "#domain/cluster/host-identity";
import { incarnationKey } from "#domain/cluster/incarnation";
import { imageKey, readyImages, type ImageRecord } from "#domain/image/record";
import { memberKey, memberNameKey, type MemberRecord } from "#domain/member/record";
import { openEtcdStore } from "#durable/store/etcd";
import { HostStore } from "#durable/store/host-store";
import { openSqliteStore } from "#durable/store/sqlite";

export interface Formation {
  readonly home: string;
  readonly host: string;
  readonly name: string;
  readonly address: string;
  readonly endpoints: readonly string[];
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  /** Of the host whose records all go by. */
  readonly first: string;
}

const { home, host, name, address, endpoints, ca, cert, key, first } = JSON.parse(
  process.argv[2]!,
) as Formation;
const paths = homePaths(home);
await mkdir(join(home, "cluster"), { recursive: true });
await HostIdentity.write(join(home, "cluster"), systemClock, { ca, cert, key });
const all = await openEtcdStore({ endpoints, name: host });
const own = await openSqliteStore(paths.store);
try {
  const record: MemberRecord = {
    id: host,
    name,
    address: `${address}:8470`,
    version: "0.1.0",
    wire: 1,
    state: "active",
    joinedAt: Number(host.slice(-1)),
    certificates: [],
  };
  await all.transact({
    put: [
      { key: memberKey(host), value: record },
      { key: memberNameKey(name), value: host },
      { key: incarnationKey(host), value: { since: Date.now(), because: "joined" } },
    ],
  });
  if (host === first)
    await carryInto({
      from: own,
      to: all,
      host: { id: host, name },
      signal: new AbortController().signal,
      progress: () => undefined,
    });
  else {
    const [mine] = await readyImages(own);
    const [theirs] = await readyImages(new HostStore({ store: all, host: first }));
    const image: ImageRecord = {
      ...theirs!,
      path: mine!.path,
      ...(mine!.directBoot ? { directBoot: mine!.directBoot } : {}),
    };
    await new HostStore({ store: all, host }).transact({ put: [{ key: imageKey(image.id), value: image }] });
  }
  await writeClusterFile(home, {
    cluster: "c1",
    host,
    name,
    address: record.address,
    etcd: { endpoints, external: true },
  });
} finally {
  await own.close();
  await all.close();
}
