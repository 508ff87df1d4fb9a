/**
 * A guest's pulse, seen from the host: a process in the guest writes a byte to the serial console every 10 ms,
 * and the host watches the console's file grow. The longest silence is how long the guest was away, with
 * the jitter of both ends in it: the baseline tells how much that is. A guest that moves writes to another file
 * afterwards: all are watched, also one that is not there yet.
 */
import { statSync } from "node:fs";

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

const sizeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;

/** Watches until the returned function is called, which tells the longest silence since `listen`. */
export function listen(...serialLogs: readonly string[]): () => Silence {
  const sizes = serialLogs.map(sizeOf);
  let heard = performance.now();
  let looked = heard;
  let longest = 0;
  let late = 0;
  const look = () => {
    const now = performance.now();
    late = Math.max(late, now - looked - interval);
    looked = now;
    let grew = false;
    for (const [at, file] of serialLogs.entries()) {
      const size = sizeOf(file);
      grew ||= size > sizes[at]!;
      sizes[at] = size;
    }
    if (!grew) return;
    longest = Math.max(longest, now - heard);
    heard = now;
  };
  const timer = setInterval(look, interval);
  return () => {
    look();
    clearInterval(timer);
    return { longest: Math.max(longest, performance.now() - heard), late };
  };
}

/** For one of many guests: beats ten times a second. */
export const slowBeat: readonly string[] = [...beat.slice(0, -1), beat.at(-1)!.replace("0.01", "0.1")];

/**
 * The pulses of guests that move between hosts: each is heard wherever one of its consoles' files grows. `hear` looks; `longest`
 * tells each guest's longest silence so far, in milliseconds.
 */
export class Pulses implements Disposable {
  readonly #guests: { readonly files: Map<string, number>; heard: number; longest: number }[];
  readonly #timer: NodeJS.Timeout;

  /** `consoles`: for each guest, where its console is written on each host. */
  constructor(consoles: readonly (readonly string[])[]) {
    const heard = performance.now();
    this.#guests = consoles.map((paths) => ({
      files: new Map(paths.map((path) => [path, sizeOf(path)])),
      heard,
      longest: 0,
    }));
    this.#timer = setInterval(() => this.#look(), 5);
  }

  #look(): void {
    const now = performance.now();
    for (const guest of this.#guests) {
      let grown = false;
      for (const [path, before] of guest.files) {
        const size = sizeOf(path);
        if (size > before) grown = true;
        guest.files.set(path, size);
      }
      if (grown) guest.heard = now;
      guest.longest = Math.max(guest.longest, now - guest.heard);
    }
  }

  longest(): number[] {
    this.#look();
    return this.#guests.map(({ longest }) => longest);
  }

  /** How many have been heard within so many milliseconds. */
  alive(within: number): number {
    const now = performance.now();
    return this.#guests.filter(({ heard }) => now - heard <= within).length;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
