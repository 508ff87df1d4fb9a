/** What this process was started with, and whoever started it forgot to keep to itself, is not for its own programs. */
import { readdirSync } from "node:fs";
import { fcntl } from "./libc.ts";

const F_SETFD = 2;
const FD_CLOEXEC = 1;
/** The first descriptor that is no standard one. */
const first = 3;

/** From now on no program that this process starts inherits a descriptor but those that it is given. */
export function keepDescriptors(): void {
  for (const name of readdirSync("/proc/self/fd")) {
    const descriptor = Number(name);
    // That of the folder itself is gone by now: nothing comes of it.
    if (descriptor >= first) fcntl(descriptor, F_SETFD, FD_CLOEXEC);
  }
}
