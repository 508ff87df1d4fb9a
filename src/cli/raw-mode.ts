import { Transform } from "node:stream";

/** Ctrl-]. */
const escapeKey = 0x1d;

/**
 * The terminal as a mere line: keys come as they are pressed, and nothing is echoed. `restore` may be called
 * again and again; it is called by itself when the process ends, also by a signal.
 */
export function rawMode(stdin: NodeJS.ReadStream): { restore(): void } {
  if (!stdin.isTTY) return { restore: () => undefined };
  const restore = () => {
    if (stdin.isRaw) stdin.setRawMode(false);
    process.off("exit", restore);
    for (const signal of ending) process.off(signal, end);
  };
  // These would end the process without "exit" being said.
  const end = (signal: NodeJS.Signals) => {
    restore();
    process.kill(process.pid, signal);
  };
  process.on("exit", restore);
  for (const signal of ending) process.on(signal, end);
  stdin.setRawMode(true);
  return { restore };
}

const ending = ["SIGTERM", "SIGHUP", "SIGINT", "SIGQUIT"] as const;

export interface EscapeKey {
  /** How often Ctrl-] has to be pressed, within a second from first to last. */
  readonly times: number;
}

/**
 * Passes keys on and calls `leave` once Ctrl-] was pressed so often. Presses before the last are passed on
 * too: programs in the guest have uses for the key.
 */
export function watchKeys({ times }: EscapeKey, leave: () => void, now: () => number = Date.now): Transform {
  let presses: number[] = [];
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      for (let index = 0; index < chunk.length; index++) {
        if (chunk[index] !== escapeKey) {
          presses = [];
          continue;
        }
        const at = now();
        presses = [...presses.filter((press) => at - press < 1000), at];
        if (presses.length < times) continue;
        leave();
        return done(null, chunk.subarray(0, index));
      }
      done(null, chunk);
    },
  });
}
