/** A daemon from its beginning to its end; also one after the other, in one process. */
import { createLog } from "#base/log";
import { startDaemon } from "../daemon.ts";
import type { DaemonOptions, Ending } from "./options.ts";
import { toldToEnd } from "./told-to-end.ts";

const farewells: Readonly<Record<Ending, string>> = {
  asked: "lodged ends; guests live on",
  fenced: "lodged begins anew: what this host had is others' by now",
  anew: "lodged begins anew; guests live on",
};

/** Runs a daemon until it is told to end; resolves to the exit code. */
export async function run(options: DaemonOptions): Promise<number> {
  const log = createLog();
  const told = toldToEnd();
  for (;;) {
    const daemon = await startDaemon(options, log);
    const why = await Promise.race([told, daemon.stopped]);
    log.info(farewells[why]);
    await daemon.stop();
    // One that is no member any more ends as it begins; one whose guests were taken over has what was left to it.
    if (why === "asked") return 0;
  }
}
