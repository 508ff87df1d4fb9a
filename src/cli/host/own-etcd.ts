/** What a host of a cluster runs besides its daemon: its member of the etcd that keeps the cluster's state. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { LodgeError } from "#contract/errors";
import { findProcesses } from "#base/find-process";
import { endProcess } from "#base/process";
import type { Context } from "../context.ts";

/**
 * Others may need what this host keeps of the state, and would wait for it: it leaves first.
 * @throws LodgeError cluster.still_in
 */
export async function requireAlone({ client, paths }: Context): Promise<void> {
  if (!existsSync(join(paths.home, "cluster.json"))) return;
  const hosts = await client.call("clusterHosts").catch(() => undefined);
  // Where nothing can be said, as without a quorum, there may well be others.
  const others = hosts?.filter(({ here }) => !here).map(({ name }) => name) ?? [
    "hosts that are not known now",
  ];
  if (others.length > 0) throw new LodgeError("cluster.still_in", { hosts: others.join(", ") });
}

/** Ends it. To be called once the daemon is gone. */
export async function endEtcd(home: string): Promise<void> {
  const data = `--data-dir=${join(home, "cluster", "etcd")}`;
  for (const process of await findProcesses((argv) => argv.includes(data))) await endProcess(process, 10_000);
}
