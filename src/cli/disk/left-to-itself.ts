import type { Operation } from "#contract/operation";
import type { Context } from "../context.ts";

/** What is said where nobody waits. */
export const leftToItself = ({ terminal }: Context, { id }: Operation): void =>
  terminal.print(`It is being done; 'lodge operation wait ${id}' waits for it.`);
