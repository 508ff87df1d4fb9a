import { createInterface } from "node:readline/promises";
import { LodgeError } from "#contract/errors";
import type { Terminal } from "../terminal.ts";

/** A line that is typed, unseen, or comes through a pipe. @throws LodgeError api.invalid where none comes. */
export async function readSecret(terminal: Terminal, prompt: string): Promise<string> {
  const { stdin } = terminal;
  if (stdin.isTTY) terminal.stderr.write(prompt);
  // As a terminal without output it shows nothing of what is typed.
  const lines = createInterface({ input: stdin, terminal: stdin.isTTY === true });
  try {
    for await (const line of lines) {
      if (stdin.isTTY) terminal.note();
      if (line.trim() !== "") return line.trim();
    }
  } finally {
    lines.close();
  }
  throw new LodgeError("api.invalid", { field: "the token", reason: "is required" });
}
