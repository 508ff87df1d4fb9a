import { asLodgeError } from "#contract/errors";
import { report } from "#cli/report";
import { createTerminal } from "#cli/terminal";

/** Runs a tool and ends the process: with an error's words and code 1 where it throws. */
export async function reported(task: () => Promise<void>): Promise<never> {
  try {
    await task();
  } catch (error) {
    report(asLodgeError(error), createTerminal(), { verbose: true });
    process.exit(1);
  }
  process.exit(0);
}
