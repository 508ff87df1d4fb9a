/**
 * Has Ceph refuse whoever uses an image now: from then on none of its servers takes a write of that client's, also one that was
 * under way. It is known by its lock, which stays when it is stopped for long, and by its watching the image.
 */
import { PoolTrouble } from "../driver.ts";
import { cephTells, isAbsent, rbdTells, unless } from "./ceph.ts";
import { connectionOf, imageOf } from "./connection.ts";
import { dirname } from "node:path";

interface Client {
  readonly address: string;
}

/** @returns the addresses of the clients that were refused; none: nobody is known to use it. @throws PoolTrouble */
export async function refuseUsers(path: string): Promise<string[]> {
  const ceph = connectionOf(dirname(path));
  const image = imageOf(path);
  const locks = (await unless(isAbsent, rbdTells(ceph, ["lock", "ls", image]))) as
    | readonly Client[]
    | undefined;
  if (locks === undefined) throw new PoolTrouble(`Ceph has no image '${image}'`);
  const { watchers = [] } = (await rbdTells(ceph, ["status", image])) as {
    readonly watchers?: readonly Client[];
  };
  const addresses = [...new Set([...locks, ...watchers].map(({ address }) => address))];
  for (const address of addresses) await cephTells(ceph, ["osd", "blocklist", "add", address, lasts]);
  return addresses;
}

/** Seconds: a year. Whoever was refused makes a new connection, under another address, when it starts anew. */
const lasts = String(365 * 86_400);
