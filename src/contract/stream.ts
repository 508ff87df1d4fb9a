/**
 * Frames of the WebSocket endpoints. Text messages are JSON control frames of these types; binary
 * messages are a stream number (one byte) and data.
 *
 *   client                                   server
 *     | --- {type:"exec", argv, tty?, …} -----> |
 *     | <-- {type:"started"} ------------------ |
 *     | --- 0x00 stdin bytes -----------------> |
 *     | <-- {type:"window", bytes} ------------ |  that many were taken: as many more may come
 *     | <-- 0x01 stdout / 0x02 stderr bytes --- |
 *     | --- {type:"eof"} (stdin has ended) ---> |
 *     | <-- {type:"exit", code} | {type:"error", problem}, then close
 *
 * A console is the same without an end of its own; a file stream ends with {type:"end"}; the event stream
 * has no first frame from the client, and frames of its own after "started" (schema/feed.ts). A port's stream
 * has none either: input may come after "started", and what comes as 0x01 has an {type:"eof"} of its own, before
 * {type:"end"} says that both directions have ended.
 *
 * Back-pressure towards the client is the socket's own: a reader that stops reading stops the writer.
 * Towards the server it is a window, so that a signal or a hang-up is seen while a command that reads
 * no input leaves input waiting. Who sends more than the window allows is cut off.
 */
import type { Problem } from "./errors.ts";
import type { FeedFrame } from "./schema/feed.ts";

export const stdin = 0;
export const stdout = 1;
export const stderr = 2;

/** Bytes of input that may be under way before the first "window" frame. */
export const inputWindow = 1_048_576;
/** No message, control or data, is longer than this many bytes. */
export const longestMessage = 1_048_576;
/** Data is sent in pieces of at most this many bytes, so that control frames are not held up for long. */
export const longestPiece = 65_536;

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

/** The first frame of a drop stream: one file, as it is. */
export interface DropStart {
  readonly type: "drop";
  readonly name: string;
  /** Bytes: so many follow. */
  readonly size: number;
}

/** Input has ended. */
export interface Eof {
  readonly type: "eof";
}

export interface Resize {
  readonly type: "resize";
  readonly rows: number;
  readonly cols: number;
}

export interface Signal {
  readonly type: "signal";
  /** By its name: "SIGINT". */
  readonly signal: string;
}

export type ClientFrame = ExecStart | ConsoleStart | FileStart | DropStart | Eof | Resize | Signal;

export type ServerFrame =
  | { readonly type: "started"; readonly at?: string }
  | { readonly type: "window"; readonly bytes: number }
  /** A port has no more to say, and still listens. */
  | Eof
  | FeedFrame
  | { readonly type: "exit"; readonly code: number; readonly signal?: string }
  /** `folder`: where a dropped file lies, where that is known. */
  | { readonly type: "end"; readonly folder?: string }
  | { readonly type: "error"; readonly problem: Problem };
