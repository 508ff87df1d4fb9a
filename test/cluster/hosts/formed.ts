/** Makes a cluster of hosts whose daemons have not begun, over an etcd of the user's; what it takes to join is tried elsewhere. */
import { copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { systemClock } from "#base/clock";
import { loadSealKey } from "#durable/store/seal";
import { ClusterAuthority } from "#domain/cluster/authority";
import { sealKeyFile } from "#domain/cluster/etcd-plan";
import { newHost } from "#domain/cluster/host-identity";
import type { Formation } from "./form.ts";
import type { Host } from "./host.ts";
import type { Hosts } from "./hosts.ts";

const idOf = (name: string): string => `h${name.slice(1).padStart(10, "0")}`;

/**
 * The etcd is on the last of them.
 * @returns a folder that is one mount on all of them, as a file server's would be
 */
export async function formCluster(hosts: Hosts, plan: Pick<Formation, "desktop"> = {}): Promise<string> {
  const last = hosts.all.at(-1)!;
  const url = `http://${last.address}:2379`;
  const etcd = [
    "etcd",
    "--data-dir",
    "/run/etcd",
    "--listen-client-urls",
    url,
    "--advertise-client-urls",
    url,
  ];
  const limits = ["--max-txn-ops=256", "--max-request-bytes=4194304"];
  await last.namespace.detach([...etcd, ...limits], { stdio: "ignore" });
  await makeMembers(hosts, { endpointsOf: () => [url], sharesImage: true, ...plan });
  const shared = join(hosts.folder, "shared");
  await mkdir(shared);
  for (const host of hosts.all) await host.run(["mount", "--bind", shared, shared]);
  return shared;
}

export interface MembersPlan extends Pick<Formation, "sharesImage" | "desktop"> {
  /** Where a host finds the etcd, which runs. */
  readonly endpointsOf: (host: Host) => readonly string[];
}

/** All of them are members from then on; the first one's records are the cluster's. */
export async function makeMembers(
  { all }: Pick<Hosts, "all">,
  { endpointsOf, sharesImage, desktop = false }: MembersPlan,
): Promise<void> {
  const first = all[0]!;
  // It makes the first records, and the key that all of them have.
  await first.startDaemon();
  await first.endDaemon("SIGTERM");
  const secret = first.namespace.outside(join(first.home, "secret.key"));
  const authority = await ClusterAuthority.make("c1", systemClock);
  const record = authority.record(await loadSealKey(secret));
  for (const host of all) {
    const { home, name, address } = host;
    const id = idOf(name);
    const { request, key } = await newHost(id, [address]);
    const { certificate: cert } = authority.sign(request);
    const papers = { ca: authority.certificate, cert, key, authority: record };
    const formation: Formation = {
      ...{ home, name, address, host: id, first: idOf(first.name), sharesImage, desktop, ...papers },
      endpoints: endpointsOf(host),
    };
    await host.program("test/cluster/hosts/form.ts", [JSON.stringify(formation)]);
    await copyFile(secret, host.namespace.outside(sealKeyFile(home)));
  }
}
