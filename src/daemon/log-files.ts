/** The files of a home that guests can make grow by what they say, themselves or through a program of the host's. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { HomePaths } from "#base/home";
import { guestPlace } from "#domain/guest/place";
import { dnsmasqLog } from "#hypervisor/net/dnsmasq";

const entries = (folder: string): string[] => {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
};

/** Templates have folders among guests' while they are made. */
export const logFiles = (paths: Pick<HomePaths, "guests" | "run" | "logs">): string[] => [
  ...entries(paths.guests).flatMap((id) => {
    const { serialLog, qemuLog } = guestPlace(paths, id);
    return [serialLog, qemuLog];
  }),
  ...entries(networksFolder(paths)).map((network) => dnsmasqLog(join(networksFolder(paths), network))),
  join(paths.logs, "lodged.log"),
  join(paths.logs, "fence.log"),
  join(paths.logs, "etcd.log"),
];

/** One folder a network, as its servers need it. */
export const networksFolder = ({ run }: Pick<HomePaths, "run">): string => join(run, "net");
