/** Making an image, by whichever way. */
import type { Operation } from "#contract/operation";
import { choice } from "../command.ts";
import type { Context } from "../context.ts";
import { follow } from "../operation/follow.ts";

/** For commands that make images of what Lodge has not built. */
export const agentOption = (byDefault: string) => ({
  agent: choice(["lodge", "qemu", "none"], `Which agent the system in it has (default ${byDefault}).`),
});

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
