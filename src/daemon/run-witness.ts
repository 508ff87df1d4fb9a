/** A witness's daemon from its beginning to its end. */
import { hasCode } from "#contract/errors";
import { homePaths } from "#base/home";
import { createLog } from "#base/log";
import { toldToEnd } from "./told-to-end.ts";
import { forgetCluster, startWitness, type WitnessOptions } from "./witness.ts";

/** Runs it until it is told to end, or taken out of its cluster; resolves to the exit code. */
export async function runWitness(options: WitnessOptions): Promise<number> {
  const log = createLog();
  const told = toldToEnd();
  try {
    const daemon = await startWitness(options, log);
    const why = await Promise.race([told, daemon.stopped]);
    await daemon.stop();
    if (why === "asked") return 0;
  } catch (error) {
    if (!hasCode(error, "store.fenced")) throw error;
  }
  await forgetCluster(homePaths(options.home).home);
  log.info("this witness was taken out of its cluster, and keeps nothing of it");
  return 0;
}
