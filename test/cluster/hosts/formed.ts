/**
 * Makes a cluster of hosts whose daemons have not begun, over an etcd of the user's on the last of them; what it takes to join is
 * tried elsewhere.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { systemClock } from "#base/clock";
import { ClusterAuthority } from "#domain/cluster/authority";
import { newHost } from "#domain/cluster/host-identity";
import type { Formation } from "./form.ts";
import type { Hosts } from "./hosts.ts";

const idOf = (name: string): string => `h${name.slice(1).padStart(10, "0")}`;

/** @returns a folder that is one mount on all of them, as a file server's would be */
export async function formCluster(hosts: Hosts): Promise<string> {
  const [first] = hosts.all;
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
  // Its first records, its key and its image.
  await first!.startDaemon();
  await first!.endDaemon("SIGTERM");
  const authority = await ClusterAuthority.make("c1", systemClock);
  const shared = join(hosts.folder, "shared");
  await mkdir(shared);
  for (const host of hosts.all) {
    const secret = join(host.home, "secret.key");
    if (host !== first)
      await writeFile(
        host.namespace.outside(secret),
        await readFile(first!.namespace.outside(join(first!.home, "secret.key"))),
        { mode: 0o600 },
      );
    const id = idOf(host.name);
    const { request, key } = await newHost(id, [host.address]);
    const formation: Formation = {
      home: host.home,
      host: id,
      name: host.name,
      address: host.address,
      endpoints: [url],
      ca: authority.certificate,
      cert: authority.sign(request).certificate,
      key,
      first: idOf(first!.name),
    };
    await host.program("test/cluster/hosts/form.ts", [JSON.stringify(formation)]);
    await host.run(["mount", "--bind", shared, shared]);
  }
  return shared;
}
