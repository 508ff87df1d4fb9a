/**
 * What a control group and those above it let everything in them have of memory, where that is less than the computer
 * has: the kernel kills in it once that is used up, however much is free elsewhere.
 */
import { dirname } from "node:path/posix";
import { isThere, numberIn, tableIn, type GroupFiles } from "./group-files.ts";

export interface MemoryRoom {
  /** Bytes. */
  readonly limit: number;
  /** Bytes that could be had without swapping: what the kernel keeps of files it gives up first. */
  readonly available: number;
}

interface Names {
  readonly limit: string;
  readonly used: string;
  readonly files: string;
}

export const memoryNames = {
  1: { limit: "memory.limit_in_bytes", used: "memory.usage_in_bytes", files: "total_inactive_file" },
  2: { limit: "memory.max", used: "memory.current", files: "inactive_file" },
} as const satisfies Record<1 | 2, Names>;

/** Version 1 says so where there is no limit, less what does not fill a page. */
const unlimited = 2 ** 62;

/** The tightest of all; undefined where none has a limit. */
export function memoryRoom(files: GroupFiles, group: string, names: Names): MemoryRoom | undefined {
  let room: MemoryRoom | undefined;
  for (let folder = group; folder !== "/" && isThere(files, folder); folder = dirname(folder)) {
    const limit = numberIn(files, `${folder}/${names.limit}`) ?? unlimited;
    const used = numberIn(files, `${folder}/${names.used}`);
    if (limit >= unlimited || used === undefined) continue;
    const kept = tableIn(files, `${folder}/memory.stat`).get(names.files) ?? 0;
    const available = Math.max(0, limit - used + kept);
    room = {
      limit: Math.min(limit, room?.limit ?? limit),
      available: Math.min(available, room?.available ?? available),
    };
  }
  return room;
}
