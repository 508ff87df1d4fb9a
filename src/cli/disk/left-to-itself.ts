import type { Operation } from "#contract/operation";
import type { Context } from "../context.ts";
import { printData, type Format } from "../output.ts";

/** What is said where nobody waits; as data, the operation. */
export async function leftToItself(
  { terminal }: Context,
  operation: Operation,
  format?: Format,
  words = `It is being done; 'lodge operation wait ${operation.id}' waits for it.`,
): Promise<void> {
  if (format === "json" || format === "yaml") await printData(terminal, operation, format);
  else terminal.print(words);
}
