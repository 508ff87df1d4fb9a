/**
 * HOME/cluster.json: this host is a member of a cluster, and where its state is. What makes a host a member is this
 * file's being there: a daemon that finds it opens etcd, one that does not its own SQLite file.
 */
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { LodgeError } from "#contract/errors";
import { replace } from "./host-identity.ts";

export interface ClusterFile {
  /** Id of the cluster. */
  readonly cluster: string;
  /** This host's id and name in it. */
  readonly host: string;
  readonly name: string;
  /** "HOST:PORT" of its peer door. */
  readonly address: string;
  /** It has a vote and no guests: daemon/witness.ts runs on it. */
  readonly witness?: true;
  readonly etcd: {
    /** With scheme and port; all that are known, this host's own first. */
    readonly endpoints: readonly string[];
    /** It is the user's, and was there before. */
    readonly external?: true;
  };
}

export const clusterFile = (home: string): string => join(home, "cluster.json");

/** @throws LodgeError store.membership */
export async function readClusterFile(home: string): Promise<ClusterFile | undefined> {
  const path = clusterFile(home);
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw new LodgeError("store.membership", { path, reason: error.message }, { cause: error });
  });
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as ClusterFile;
  } catch (cause) {
    throw new LodgeError("store.membership", { path, reason: "it is not JSON" }, { cause });
  }
}

/** Whole or not at all, also over a loss of power: from then on the host is a member. */
export async function writeClusterFile(home: string, content: ClusterFile): Promise<void> {
  await replace(clusterFile(home), `${JSON.stringify(content, undefined, 2)}\n`, 0o600);
}

/** From then on the host stands alone. */
export const removeClusterFile = (home: string): Promise<void> => rm(clusterFile(home), { force: true });
