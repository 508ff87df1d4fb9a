/**
 * Writes what an etcd holds into a file, as `etcdctl snapshot save` does and `etcdctl snapshot restore` takes it: the database,
 * and after it the SHA-256 of it.
 */
import { createHash } from "node:crypto";
import { link, open, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { LodgeError } from "#contract/errors";
import { EtcdSilence } from "./etcd-connection.ts";
import type { EtcdEndpoints, EtcdStatus } from "./etcd-endpoints.ts";

const digestBytes = 32;

interface SnapshotMessage {
  readonly remaining_bytes?: string;
  readonly blob?: string;
}

/**
 * @param path where no file is yet; it becomes one that its owner alone may read
 * @throws EtcdRefusal, EtcdSilence; LodgeError store.unavailable: there is a file already.
 */
export async function saveEtcdSnapshot(endpoints: EtcdEndpoints, path: string): Promise<void> {
  await reachQuorum(endpoints);
  const partial = `${path}.partial`;
  await rm(partial, { force: true });
  try {
    await writeSnapshot(endpoints, partial);
    await link(partial, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    throw new LodgeError("store.unavailable", { path, reason: "the file exists already" }, { cause: error });
  } finally {
    await rm(partial, { force: true });
  }
  const folder = await open(dirname(path));
  await folder.sync();
  await folder.close();
}

/** Until the member that is asked has what was acknowledged before: a snapshot is one member's. */
async function reachQuorum(endpoints: EtcdEndpoints): Promise<void> {
  const key = { key: Buffer.of(0).toString("base64"), count_only: true };
  const { header } = (await endpoints.call("/v3/kv/range", key, 10_000)) as EtcdStatus;
  for (let attempt = 1; ; attempt++) {
    const status = (await endpoints.call("/v3/maintenance/status", {}, 10_000)) as EtcdStatus;
    if (Number(status.header.revision) >= Number(header.revision)) return;
    if (attempt === 100) throw new EtcdSilence(`${endpoints.names}: the member lags behind`, true);
    await endpoints.pause(attempt);
  }
}

async function writeSnapshot(endpoints: EtcdEndpoints, path: string): Promise<void> {
  const file = await open(path, "wx", 0o600);
  const hash = createHash("sha256");
  let tail: Buffer = Buffer.alloc(0);
  try {
    const ending = new AbortController();
    for await (const message of endpoints.stream("/v3/maintenance/snapshot", {}, ending.signal)) {
      const bytes = Buffer.from((message as SnapshotMessage).blob ?? "", "base64");
      await file.writeFile(bytes);
      const known = Buffer.concat([tail, bytes]);
      hash.update(known.subarray(0, -digestBytes));
      tail = known.subarray(-digestBytes);
    }
    if (!hash.digest().equals(tail))
      throw new EtcdSilence(`${endpoints.names}: the snapshot is not whole`, true);
    await file.sync();
  } finally {
    await file.close();
  }
}
