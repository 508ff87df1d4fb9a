import type { Schemas } from "#contract/schemas";
import { formatLeft } from "../values.ts";
import type { Terminal } from "../terminal.ts";

/** Shows a one-time link, or what to do where the daemon has no address for browsers. */
export function printLink(terminal: Terminal, { urls, expiresAt }: Schemas["MadeLink"]): void {
  if (urls.length === 0) {
    terminal.note(
      "The daemon listens on its socket alone: 'npm stop', then 'npm start -- --listen 127.0.0.1:7070'.",
    );
    return;
  }
  for (const url of urls) terminal.print(url);
  terminal.note(`It can be used once, within ${formatLeft(expiresAt, Date.now())}.`);
}
