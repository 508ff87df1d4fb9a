/**
 * `enlist.ts JSON`, in a host whose daemon does not run: makes it a member of a cluster whose etcd runs, by what joining writes and without
 * what it asks other hosts for. The first one's records are carried over.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { systemClock } from "#base/clock";
import { homePaths } from "#base/home";
import { carryInto } from "#domain/cluster/carry";
import { writeClusterFile } from "#domain/cluster/cluster-file";
import { HostIdentity } from "#domain/cluster/host-identity";
import { incarnationKey } from "#domain/cluster/incarnation";
import { memberKey, memberNameKey, type MemberRecord } from "#domain/member/record";
import { openEtcdStore } from "#durable/store/etcd";
import { openSqliteStore } from "#durable/store/sqlite";

export interface Enlistment {
  readonly home: string;
  readonly host: string;
  readonly name: string;
  readonly address: string;
  readonly endpoints: readonly string[];
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  readonly isFirst: boolean;
}

const given = JSON.parse(process.argv[2]!) as Enlistment;
const { home, host, name, endpoints, ca, cert, key } = given;
const address = `${given.address}:8470`;
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
  if (given.isFirst) await carryInto(carried);
  const etcd = { endpoints, external: true } as const;
  await writeClusterFile(home, { cluster: "c1", host, name, address, etcd });
} finally {
  await own.close();
  await all.close();
}
