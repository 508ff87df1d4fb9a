import type { Injector } from "./inject.ts";
import type { JournalParts } from "./journal.ts";

export interface RunParts extends JournalParts {
  readonly injector: Injector | undefined;
  /** Milliseconds before each further try of an undo, or of a step that must succeed. */
  readonly pauses: readonly number[];
}
