/** A call of the agent, and what a command that it ran to its end gives. */
import type { ExecExit } from "./exec-session.ts";

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds until the call is given up. Default 30,000. */
  readonly timeout?: number;
}

export interface RunResult {
  readonly exit: ExecExit;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
  /** Was some of the output beyond the limit? */
  readonly truncated: boolean;
}
