import { LodgeError } from "#contract/errors";
import type { CallOptions, RunResult } from "./run-result.ts";
import type { GuestDisk, GuestFacts } from "./facts.ts";

/** What growing needs of a guest's agent. */
export interface GrowingGuest {
  facts(options?: CallOptions): Promise<GuestFacts>;
  runToEnd(argv: readonly string[], options?: CallOptions): Promise<RunResult>;
}

const growers: Readonly<Record<string, (disk: GuestDisk) => string[]>> = {
  ext2: (disk) => ["resize2fs", disk.device],
  ext3: (disk) => ["resize2fs", disk.device],
  ext4: (disk) => ["resize2fs", disk.device],
  xfs: (disk) => ["xfs_growfs", disk.path],
  btrfs: (disk) => ["btrfs", "filesystem", "resize", "max", disk.path],
};

/**
 * Makes the root file system as large as its disk, after the disk was made larger.
 *
 * @param guest the guest's name, for errors
 * @returns its size in bytes
 * @throws LodgeError agent.unsupported where the file system cannot grow or the guest lacks the tools
 */
export async function growRoot(agent: GrowingGuest, guest: string, options: CallOptions): Promise<number> {
  const root = (facts: GuestFacts) => facts.disks.find((disk) => disk.path === "/");
  const disk = root(await agent.facts(options));
  const grower = disk && growers[disk.type];
  const refuse = (detail?: string) =>
    new LodgeError("agent.unsupported", { guest, what: "make its root file system larger" }, { detail });
  if (!grower) throw refuse(disk ? `a file system of type ${disk.type}` : "no root on a disk");
  const run = async (argv: readonly string[], fine: (code: number, output: string) => boolean) => {
    const { exit, stdout, stderr } = await agent.runToEnd(argv, options);
    const output = `${stdout}${stderr}`;
    if (!("code" in exit) || !fine(exit.code, output)) throw refuse(`${argv.join(" ")}: ${output}`);
  };
  if (disk.whole && disk.partition) {
    // growpart ends with 1 and says NOCHANGE where the partition has all the room already.
    const fine = (code: number, output: string) => code === 0 || (code === 1 && output.includes("NOCHANGE"));
    await run(["growpart", disk.whole, String(disk.partition)], fine);
  }
  await run(grower(disk), (code) => code === 0);
  return root(await agent.facts(options))?.size ?? 0;
}
