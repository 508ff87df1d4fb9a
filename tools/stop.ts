/** `npm stop`: ends the daemon; with --guests shuts the guests down first. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { hasCode, LodgeError } from "#contract/errors";
import { homePaths, resolveHome } from "#base/home";
import { waitGone, type ProcessRef } from "#base/process";
import { createClient } from "#client/client";
import { isAway } from "#client/patience";
import { flags, reported } from "./reported.ts";

/** Seconds that the daemon has to end. */
const patience = 15;
const paths = homePaths(resolveHome());

await reported(async () => {
  const { guests = false } = flags({ guests: { type: "boolean" } });
  const client = createClient({ socketPath: paths.socket });
  try {
    const { running } = await client.call("hostGet", {});
    const daemon = JSON.parse(readFileSync(join(paths.home, "lodged.pid"), "utf8")) as ProcessRef;
    const begun = await client.call("hostShutdown", { body: { guests } });
    if (guests && running > 0) console.log(`Shutting down ${running} guests`);
    // It ends with the operation, perhaps before it could say so.
    await client.waitFor(begun, { patience: 0 }).catch((error: unknown) => {
      if (!isAway(error)) throw error;
    });
    if (!(await waitGone(daemon, patience * 1000))) {
      throw new LodgeError("cli.daemon_stop", {
        pid: daemon.pid,
        seconds: patience,
        log: join(paths.logs, "lodged.log"),
      });
    }
    const rest =
      guests || running === 0 ? "" : ` ${running} guests live on; 'npm start' takes them up again.`;
    console.log(`Lodge's daemon has ended.${rest}`);
  } catch (error) {
    if (!hasCode(error, "api.daemon_unreachable")) throw error;
    console.log("No daemon runs; nothing to stop.");
  }
});
