/**
 * A guest's pulse, seen from the host: a process in the guest writes a byte to the serial console every 10 ms,
 * and the host watches the console's file grow. The longest silence is how long the guest was away, with
 * the jitter of both ends in it: the baseline tells how much that is.
 */
import { closeSync, fstatSync, openSync } from "node:fs";

/** For a guest: beats until it is killed. */
export const beat: readonly string[] = [
  "perl",
  "-e",
  'open my $out, ">", "/dev/ttyS0" or die; select $out; $| = 1; while (1) { print "."; select undef, undef, undef, 0.01 }',
];

/** Milliseconds between two looks. */
const interval = 1;

export interface Silence {
  /** Milliseconds. */
  readonly longest: number;
  /** Milliseconds that the watcher itself was late at most: what it cannot tell from silence. */
  readonly late: number;
}

/** Watches until the returned function is called, which tells the longest silence since `listen`. */
export function listen(serialLog: string): () => Silence {
  const file = openSync(serialLog, "r");
  let size = fstatSync(file).size;
  let heard = performance.now();
  let looked = heard;
  let longest = 0;
  let late = 0;
  const look = () => {
    const now = performance.now();
    late = Math.max(late, now - looked - interval);
    looked = now;
    const { size: grown } = fstatSync(file);
    if (grown === size) return;
    size = grown;
    longest = Math.max(longest, now - heard);
    heard = now;
  };
  const timer = setInterval(look, interval);
  return () => {
    look();
    clearInterval(timer);
    closeSync(file);
    return { longest: Math.max(longest, performance.now() - heard), late };
  };
}
