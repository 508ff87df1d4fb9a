/** Making an image, by whichever way. */
import type { Operation } from "#contract/operation";
import { choice } from "../command.ts";
import type { Context } from "../context.ts";
import { follow } from "../operation/follow.ts";

/** For commands that make images of what Lodge has not built. */
export const agentOption = (byDefault: string) => ({
  agent: choice(["lodge", "qemu", "none"], `Which agent the system in it has (default ${byDefault}).`),
});

/**
 * Waits for the image where that is asked for, and says what came of it.
 *
 * @param name what it is called, or what it is made of where Lodge finds the name
 */
export async function begin(
  context: Context,
  operation: Operation,
  name: string,
  wait: boolean | undefined,
): Promise<void> {
  const { client, terminal } = context;
  if (wait === false) {
    terminal.print(`${name} is being made; 'lodge operation wait ${operation.id}' waits for it.`);
    return;
  }
  const { result } = await follow(context, operation, name);
  const made = result as { readonly image: string } | undefined;
  // It may be gone again.
  const found = made && (await client.call("imageGet", { params: made }).catch(() => undefined));
  terminal.print(`Image ${found?.name ?? name} is ready`);
}
