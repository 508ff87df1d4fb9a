import { writeSync } from "node:fs";
import { LodgeError } from "#contract/errors";
import { memfdCreate } from "#base/libc";
import { seccompProgram, type Calls } from "./seccomp.ts";

const MFD_CLOEXEC = 1;

/** A descriptor that bubblewrap reads the filter from, to its end. The caller closes it once it was inherited. */
export function openFilter(calls: Calls = {}): number {
  const fd = memfdCreate("lodge-seccomp", MFD_CLOEXEC);
  if (fd < 0) throw new LodgeError("host.permission", { what: "create a file in memory (memfd_create)" });
  writeSync(fd, seccompProgram(process.arch, calls), 0, undefined, 0);
  return fd;
}
