/** Making an image, by whichever way. */
import type { Operation } from "#contract/operation";
import type { Context } from "../context.ts";
import { follow } from "../operation/follow.ts";

/** Waits for the image where that is asked for, and says what came of it. */
export async function begin(
  context: Context,
  operation: Operation,
  name: string,
  wait: boolean | undefined,
): Promise<void> {
  const { terminal } = context;
  if (wait === false) {
    terminal.print(`${name} is being made; 'lodge operation wait ${operation.id}' waits for it.`);
    return;
  }
  await follow(context, operation, name);
  terminal.print(`Image ${name} is ready`);
}
