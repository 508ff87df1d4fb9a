import type { Writable } from "node:stream";
import type { Channel } from "./channel.ts";
import type { IncomingStream } from "./incoming-stream.ts";
import type { FieldList, Fields } from "./protocol.ts";

export interface FileInfo {
  readonly type: "file" | "directory" | "link" | "device" | "pipe" | "socket";
  /** Permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes. */
  readonly size: number;
  /** Seconds since 1970. */
  readonly mtime: number;
  /** What a symbolic link says; only where the link itself was asked for. */
  readonly target: string | undefined;
}

const types: readonly string[] = ["file", "directory", "link", "device", "pipe", "socket"];

export function parseFileInfo(fields: Fields): FileInfo {
  const type = fields.text("type") ?? "file";
  return {
    type: types.includes(type) ? (type as FileInfo["type"]) : "file",
    mode: fields.number("mode") ?? 0,
    uid: fields.number("uid") ?? 0,
    gid: fields.number("gid") ?? 0,
    size: fields.number("size") ?? 0,
    mtime: fields.number("mtime") ?? 0,
    target: fields.text("target"),
  };
}

/** A file of the guest that is being read. */
export interface FileReading {
  readonly info: FileInfo;
  readonly content: IncomingStream;
  /** Forgets it before its end. */
  close(): void;
}

export interface FileWrite {
  readonly path: string;
  /** Bytes, where known: a file that would not fit is refused before anything is written. */
  readonly size?: number;
  /** Default: what the file has, or 0o644 and root. */
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  /** Seconds since 1970; default now. */
  readonly mtime?: number;
}

/**
 * A file of the guest that is being written. It takes its name when all of it has come: until then, and
 * where the copy is given up, the old one stays.
 */
export interface FileWriting {
  readonly content: Writable;
  /** Resolves with the bytes written. @throws LodgeError agent.file, agent.lost */
  readonly done: Promise<number>;
  /** Gives it up. */
  close(): void;
}

export const writeFields = (file: FileWrite): FieldList => ({
  do: "write",
  path: file.path,
  size: file.size,
  mode: file.mode,
  uid: file.uid,
  gid: file.gid,
  mtime: file.mtime === undefined ? undefined : Math.floor(file.mtime),
});

export const fileReading = (channel: Channel, opened: Fields): FileReading => ({
  info: parseFileInfo(opened),
  content: channel.stdout,
  close: () => channel.close(0),
});

export function fileWriting(channel: Channel): FileWriting {
  const done = channel.result.promise.then((fields) => fields.number("size") ?? 0);
  done.catch(() => undefined);
  return { content: channel.stdin, done, close: () => channel.close(0) };
}
