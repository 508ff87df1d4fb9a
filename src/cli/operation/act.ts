/** One action on several things at once: each gets its operation, and each is told of. */
import type { Operation } from "#contract/operation";
import type { Context } from "../context.ts";
import { attempt } from "../each.ts";
import { exitCode } from "../exit-code.ts";
import { follow } from "./follow.ts";

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
  const { terminal } = context;
  const one = (name: string): Promise<number> =>
    attempt(context, { name, alone: names.length === 1 }, async () => {
      const operation = await action.begin(name);
      if (!action.wait) return terminal.print(`${name}: ${action.doing} (operation ${operation.id})`);
      const ended = await follow(context, operation, `${name}: ${action.doing}`);
      const done = typeof action.done === "string" ? action.done : action.done(ended);
      terminal.print(`${name} ${done}`);
    });
  const codes = await Promise.all(names.map(one));
  return codes.find((code) => code !== exitCode.ok) ?? exitCode.ok;
}
