/** `npm stop`: ends the daemon; with --guests shuts the guests down first. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { hasCode, LodgeError } from "#contract/errors";
import { homePaths, resolveHome } from "#base/home";
import { waitGone, type ProcessRef } from "#base/process";
import { createClient } from "#client/client";
import { watchShutdown } from "#cli/host/shutdown";
import { createTerminal } from "#cli/terminal";
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
    if (guests && running > 0) console.log(`Shutting down ${running} guest${running === 1 ? "" : "s"}`);
    await watchShutdown(client, begun, createTerminal());
    if (!(await waitGone(daemon, patience * 1000))) {
      throw new LodgeError("cli.daemon_stop", {
        pid: daemon.pid,
        seconds: patience,
        log: join(paths.logs, "lodged.log"),
      });
    }
    console.log(`Lodge's daemon has ended.${guests ? "" : livingOn(running)}`);
  } catch (error) {
    if (!hasCode(error, "api.daemon_unreachable")) throw error;
    console.log("No daemon runs; nothing to stop.");
  }
});

function livingOn(count: number): string {
  if (count === 0) return "";
  return ` ${count === 1 ? "One guest lives" : `${count} guests live`} on; 'npm start' manages them again.`;
}
