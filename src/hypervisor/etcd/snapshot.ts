/** Makes the first state of new members out of a snapshot of an etcd (base/etcd-snapshot.ts writes one). */
import { rm } from "node:fs/promises";
import { exec } from "#base/exec";
import { hasCode } from "#contract/errors";
import { type EtcdPlan, peerUrl } from "./plan.ts";

/**
 * Fills the plan's folder, which must not be there yet. Every member of the new etcd is restored from the same file with
 * the same token and members; the token must be a new one, which is what makes it another etcd: watches that go on from
 * revisions of the old one are told to begin anew, and its members do not mix with the new ones.
 *
 * @throws LodgeError host.command_missing, host.command_failed: not a whole snapshot, or the folder is there.
 */
export async function restoreEtcd(plan: EtcdPlan, snapshot: string, signal?: AbortSignal): Promise<void> {
  const args = [
    "snapshot",
    "restore",
    snapshot,
    `--name=${plan.name}`,
    `--data-dir=${plan.folder}`,
    `--initial-advertise-peer-urls=${peerUrl(plan)}`,
    `--initial-cluster=${plan.members.map(({ name, url }) => `${name}=${url}`).join(",")}`,
    `--initial-cluster-token=${plan.token}`,
  ];
  const options = { timeout: 600_000, ...(signal ? { signal } : {}) };
  try {
    await runRestore(args, options);
  } catch (error) {
    const begun = hasCode(error, "host.command_failed") && !/exists/.test(error.detail ?? "");
    if (begun || signal?.aborted) await rm(plan.folder, { recursive: true, force: true });
    throw error;
  }
}

/** From etcd 3.6 on it is `etcdutl` that restores; before 3.5 there was only `etcdctl`. */
async function runRestore(args: readonly string[], options: object): Promise<void> {
  try {
    await exec("etcdutl", args, options);
  } catch (error) {
    if (!hasCode(error, "host.command_missing")) throw error;
    await exec("etcdctl", args, { ...options, env: { ETCDCTL_API: "3" } });
  }
}
