/** The program `nft`: the one place that runs it. */
import { exec } from "#base/exec";

interface NftObjects {
  readonly nftables: readonly Readonly<Record<string, unknown>>[];
}

/** A chain as `nft -j` tells it; hook, type and policy only where the kernel calls it. */
export interface NftChain {
  readonly family: string;
  readonly table: string;
  readonly name: string;
  readonly type?: string;
  readonly hook?: string;
  readonly policy?: string;
}

/** Applies a ruleset text in one transaction: all of it or nothing. */
export async function nftApply(text: string): Promise<void> {
  await exec("nft", ["-f", "-"], { input: text });
}

/** What `nft -j list WHAT` has of one kind. */
export async function list<T>(kind: string, ...what: string[]): Promise<T[]> {
  const { stdout } = await exec("nft", ["-j", "list", ...what]);
  const { nftables }: NftObjects = JSON.parse(stdout);
  return nftables.flatMap((object) => (kind in object ? [object[kind] as T] : []));
}

export const nftChains = (): Promise<NftChain[]> => list<NftChain>("chain", "chains");

/** Names of the tables of a family. */
export const nftTables = async (family: "inet" | "bridge"): Promise<string[]> =>
  (await list<{ name: string }>("table", "tables", family)).map(({ name }) => name);

/** A rule; its expressions are nft's own JSON. */
export interface NftRule {
  readonly family: string;
  readonly table: string;
  readonly chain: string;
  readonly expr: readonly unknown[];
}

export const nftRules = (): Promise<NftRule[]> => list<NftRule>("rule", "ruleset");
