/** One action on several things at once: each gets its operation, and each is told of. */
import { asLodgeError } from "#contract/errors";
import type { Operation } from "#contract/operation";
import type { Context } from "../context.ts";
import { exitCode, exitCodeOf } from "../exit-code.ts";
import { follow } from "./follow.ts";
import { report } from "../report.ts";

export interface Action {
  /** Starts the work on one of them. */
  readonly begin: (name: string) => Promise<Operation>;
  /** While it goes on: "stopping". */
  readonly doing: string;
  /** Afterwards: "stopped". */
  readonly done: string | ((ended: Operation) => string);
  readonly wait: boolean;
}

/** @returns the exit code of the first that it went wrong with */
export async function act(context: Context, names: readonly string[], action: Action): Promise<number> {
  const { terminal, verbose } = context;
  const one = async (name: string): Promise<number> => {
    try {
      const operation = await action.begin(name);
      if (!action.wait) {
        terminal.print(`${name}: ${action.doing} (operation ${operation.id})`);
        return exitCode.ok;
      }
      const ended = await follow(context, operation, `${name}: ${action.doing}`);
      const done = typeof action.done === "string" ? action.done : action.done(ended);
      terminal.print(`${name} ${done}`);
      return exitCode.ok;
    } catch (thrown) {
      const error = asLodgeError(thrown);
      if (names.length === 1) throw error;
      report(error, terminal, { verbose, about: name });
      return exitCodeOf(error);
    }
  };
  const codes = await Promise.all(names.map(one));
  return codes.find((code) => code !== exitCode.ok) ?? exitCode.ok;
}
