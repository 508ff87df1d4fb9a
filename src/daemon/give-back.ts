/**
 * Gives back to the host what the daemon has freed. glibc keeps freed memory for the thread that had it, also when
 * that thread is gone, as a branch's is: after a few branches that was 15 MiB.
 */
import { mallocTrim } from "#base/libc";

/** Milliseconds between two looks; and bytes that were taken since the last time for which it is done again. */
const every = 10_000;
const worth = 2 ** 20;

/** Looks every now and then, until the timer is cleared. */
export function giveMemoryBack(): NodeJS.Timeout {
  let kept = 0;
  const look = () => {
    if (process.memoryUsage.rss() < kept + worth) return;
    mallocTrim();
    kept = process.memoryUsage.rss();
  };
  return setInterval(look, every).unref();
}
