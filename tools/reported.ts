import { parseArgs, type ParseArgsOptionsConfig } from "node:util";
import { asLodgeError, LodgeError } from "#contract/errors";
import { exitCode } from "#cli/exit-code";
import { report } from "#cli/report";
import { createTerminal } from "#cli/terminal";

/** Runs a tool and ends the process: with an error's words and code 1 where it throws. */
export async function reported(task: () => Promise<void>): Promise<never> {
  // Whoever reads our output may leave before its end, as `head` does.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit(exitCode.brokenPipe);
  });
  try {
    await task();
  } catch (error) {
    report(asLodgeError(error), createTerminal(), { verbose: false });
    process.exit(1);
  }
  process.exit(0);
}

/** This tool's own options. @throws LodgeError api.invalid */
export function flags<const T extends ParseArgsOptionsConfig>(options: T) {
  try {
    return parseArgs({ options, strict: true }).values;
  } catch (error) {
    const shown = Object.keys(options).map((name) => `--${name}`);
    const reason = `${(error as Error).message.split(".")[0]}; what there is: ${shown.join(", ")}`;
    throw new LodgeError("api.invalid", { field: "the command line", reason });
  }
}
