/** The same for each of several things: one that is refused does not keep the others from it. */
import { asLodgeError } from "#contract/errors";
import type { Context } from "./context.ts";
import { exitCode, exitCodeOf } from "./exit-code.ts";
import { report } from "./report.ts";

/**
 * One after another, each with what is said of it afterwards.
 *
 * @returns the exit code of the first that it went wrong with
 * @throws what went wrong with one alone; that the user has had enough
 */
export async function each(
  context: Context,
  names: readonly string[],
  work: (name: string) => Promise<string>,
): Promise<number> {
  let code: number = exitCode.ok;
  for (const name of names) {
    const one = await attempt(context, { name, alone: names.length === 1 }, async () => {
      context.terminal.print(await work(name));
    });
    if (code === exitCode.ok) code = one;
    if (one === exitCode.cancelled) break;
  }
  return code;
}

/**
 * The work on one of them, and what went wrong with it.
 *
 * @returns the exit code
 * @throws what went wrong with one `alone`
 */
export async function attempt(
  { terminal, verbose }: Context,
  { name, alone }: { readonly name: string; readonly alone: boolean },
  work: () => Promise<void>,
): Promise<number> {
  try {
    await work();
    return exitCode.ok;
  } catch (thrown) {
    const error = asLodgeError(thrown);
    if (alone) throw error;
    report(error, terminal, { verbose, about: name });
    return exitCodeOf(error);
  }
}
