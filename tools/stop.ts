/** `npm stop`: ends the daemon; with --guests shuts the guests down first. */
import { hasCode } from "#contract/errors";
import { counted } from "#base/counted";
import { createContext } from "#cli/context";
import { endDaemon } from "#cli/host/daemon-process";
import { flags, reported } from "./reported.ts";

await reported(async () => {
  const { guests = false } = flags({ guests: { type: "boolean" } });
  delete process.env["LODGE_URL"];
  const context = createContext({ name: "npm stop", verbose: false });
  try {
    const { running } = await context.client.call("hostGet", {});
    if (guests && running > 0) console.log(`Shutting down ${counted(running, "guest")}`);
    await endDaemon(context, { guests });
    console.log(`Lodge's daemon has ended.${guests ? " Nothing of it runs." : livingOn(running)}`);
  } catch (error) {
    if (!hasCode(error, "api.daemon_unreachable")) throw error;
    console.log("No daemon runs; nothing to stop.");
  }
});

function livingOn(count: number): string {
  if (count === 0) return "";
  return ` ${counted(count, "guest lives", "guests live")} on; 'npm start' manages them again.`;
}
