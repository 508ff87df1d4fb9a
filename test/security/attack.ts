/**
 * A row of the table of attacks: somebody tries it, and it is refused. Each stands in its file by itself, never in a
 * loop, since docs/guides/security.md tells how many there are, and test/laws/attacks.test.ts counts them.
 *
 *   attack("a guest's image that ...", async () => { ... });
 */
import { it, type TestContext } from "node:test";

export interface AttackOptions {
  /** Why it cannot be tried here: it counts all the same. */
  readonly skip?: string | false;
  /** Milliseconds. */
  readonly timeout?: number;
}

/** `what`: who tries what, as a sentence's subject. */
export function attack(
  what: string,
  run: (context: TestContext) => void | Promise<void>,
  { skip = false, timeout }: AttackOptions = {},
): void {
  void it(what, { skip, ...(timeout === undefined ? {} : { timeout }) }, run);
}
