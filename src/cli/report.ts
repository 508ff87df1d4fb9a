import { asLodgeError } from "#contract/errors";
import { printable } from "./printable.ts";
import type { Terminal } from "./terminal.ts";

/**
 * Tells an error: what is wrong, what to do about it and the technical detail, which is left out where the
 * user was wrong (status 4xx) and did not ask for it.
 */
export function report(
  thrown: unknown,
  terminal: Terminal,
  options: { verbose: boolean; about?: string },
): void {
  const error = asLodgeError(thrown);
  const about = options.about === undefined ? "" : `${options.about}: `;
  terminal.note(`${terminal.paintNote("red", "Error:")} ${about}${printable(error.message)}`);
  if (error.hint) terminal.note(terminal.paintNote("dim", printable(error.hint)));
  if (error.detail && (options.verbose || error.status >= 500)) {
    terminal.note(printable(error.detail.trimEnd(), true).replace(/^/gm, "  "));
  }
  if (options.verbose) terminal.note(terminal.paintNote("dim", `(${error.code})`));
}
