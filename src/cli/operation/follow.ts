/**
 * Waits for long work in sight of the user. What Ctrl-C does:
 *
 *   watching ──Ctrl-C──► asked to cancel ──Ctrl-C──► leaves it alone, exit code 130
 *                              └── it ends: cancelled (130), or done after all
 */
import { LodgeError, hasCode } from "#contract/errors";
import { hasEnded, type Operation } from "#contract/operation";
import type { WaitOptions } from "#client/wait";
import { flag } from "../command.ts";
import type { Context } from "../context.ts";
import { createProgress, type Progress } from "../progress.ts";

/** For commands that start long work. */
export const waitOption = {
  wait: flag("Return at once; the work goes on.", { on: true }),
} as const;

/**
 * @param options.patience see client/wait.ts
 * @throws LodgeError why it failed; operation.cancelled where it was, or where the user stopped watching.
 */
export async function follow(
  context: Pick<Context, "client" | "terminal">,
  operation: Operation,
  label: string,
  options: Pick<WaitOptions, "patience"> = {},
): Promise<Operation> {
  if (hasEnded(operation)) return context.client.waitFor(operation);
  const progress = createProgress(context.terminal, label);
  const watching = new AbortController();
  const interrupt = onInterrupt(context, operation, progress, () =>
    watching.abort(new LodgeError("operation.detached", { operation: operation.id })),
  );
  process.on("SIGINT", interrupt);
  try {
    return await context.client.waitFor(operation, {
      ...options,
      signal: watching.signal,
      onProgress: ({ progress: { message, fraction } }) => progress.update(message, fraction),
    });
  } finally {
    process.off("SIGINT", interrupt);
    progress.end();
  }
}

function onInterrupt(
  { client }: Pick<Context, "client">,
  { id }: Operation,
  progress: Progress,
  leave: () => void,
): () => void {
  let asked = false;
  return () => {
    if (asked) return leave();
    asked = true;
    progress.note("");
    progress.note(`Cancelling… Ctrl-C again leaves it to itself; 'lodge operation show ${id}' shows it.`);
    client.call("operationCancel", { params: { operation: id } }).catch((error: unknown) => {
      if (hasCode(error, "operation.not_cancellable")) {
        return progress.note("It has gone too far to be cancelled and goes on. Ctrl-C again stops watching.");
      }
      progress.note(error instanceof Error ? error.message : String(error));
    });
  };
}
