/**
 * Frames of the WebSocket endpoints. Text messages are JSON control frames of these types; binary
 * messages are a stream number (one byte) and data.
 *
 *   client                                   server
 *     | --- {type:"exec", argv, tty?, …} -----> |
 *     | <-- {type:"started"} ------------------ |
 *     | --- 0x00 stdin bytes -----------------> |
 *     | <-- 0x01 stdout / 0x02 stderr bytes --- |
 *     | --- {type:"eof"} (stdin has ended) ---> |
 *     | <-- {type:"exit", code} | {type:"error", problem}, then close
 *
 * Back-pressure is the socket's own: a reader that stops reading stops the writer.
 */
import type { Problem } from "./errors.ts";

export const stdin = 0;
export const stdout = 1;
export const stderr = 2;

/** The first frame of an exec stream. */
export interface ExecStart {
  readonly type: "exec";
  /** Program and arguments; empty with `tty` for the user's login shell. */
  readonly argv: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly user?: string;
  readonly tty?: { readonly rows: number; readonly cols: number; readonly term: string };
  /** Seconds to wait for the agent to answer. Default 120: a guest may still be booting. */
  readonly agentTimeout?: number;
}

/** The first frame of a console stream. */
export interface ConsoleStart {
  readonly type: "console";
  /** Bytes of what the console said earlier to send first. Default 65,536. */
  readonly scrollback?: number;
}

/** The first frame of a file stream. Content is a tar archive (POSIX ustar/pax), so folders keep their shape. */
export interface FileStart {
  readonly type: "file";
  readonly direction: "in" | "out";
  /** Absolute path in the guest. For "in": the folder to unpack into, and the name to give. */
  readonly path: string;
}

export type ClientFrame =
  | ExecStart
  | ConsoleStart
  | FileStart
  | { readonly type: "eof" }
  | { readonly type: "resize"; readonly rows: number; readonly cols: number }
  | { readonly type: "signal"; readonly signal: string };

export type ServerFrame =
  | { readonly type: "started" }
  | { readonly type: "exit"; readonly code: number; readonly signal?: string }
  | { readonly type: "end" }
  | { readonly type: "error"; readonly problem: Problem };
