import { existsSync } from "node:fs";
import { LodgeError } from "#contract/errors";
import { command, parsed } from "../command.ts";
import { exitCode } from "../exit-code.ts";
import { parseSeconds } from "../values.ts";
import { answers, endDaemon, startDaemon } from "./daemon-process.ts";
import { ownProcesses } from "./own-processes.ts";

export const shutdown = command({
  operands: [],
  options: {
    timeout: parsed(
      "TIME",
      "What all guests get together, such as 90s or 4m (default: 90s for each start order).",
      parseSeconds,
    ),
  },
  about: `For this computer's own shutdown, where the service of 'npm run install-service' does not call it. Guests
    are suspended or stopped as their --on-host-shutdown says, those with the highest start order first; one
    that takes longer than its part of the time is switched off. Then the daemon ends. Its next start brings back
    every guest that ran, in order.

    Ctrl-C calls it off, as long as there are guests left to put to rest: those that run go on.

    This computer itself is left on.`,
  examples: [
    ["lodge shutdown", "put all guests to rest and end the daemon"],
    ["lodge shutdown --timeout 4m", "in so much time"],
  ],
  async run({ options }, context) {
    const { client, paths, terminal } = context;
    if (!context.local) {
      throw new LodgeError("api.usage", {
        reason: "another computer's guests are put to rest there",
        command: context.name,
      });
    }
    if (!existsSync(paths.home)) {
      terminal.print(`There is no Lodge at ${paths.home}.`);
      return exitCode.ok;
    }
    if (!(await answers(client))) {
      if (!(await ownProcesses(paths)).some(({ kind }) => kind === "guest")) {
        terminal.print("Neither a guest nor the daemon runs.");
        return exitCode.ok;
      }
      await startDaemon(client, paths, { briefly: true });
    }
    const { timeout } = options;
    await endDaemon(context, { host: true, ...(timeout === undefined ? {} : { timeout }) });
    terminal.print("All guests rest and the daemon has ended; its next start brings them back.");
    return exitCode.ok;
  },
});
