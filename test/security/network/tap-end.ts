/** The guest's end of a tap: what a guest whose owner is root can send, and what it gets. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";

export class TapEnd {
  readonly #child: ChildProcess;
  /** All that came so far, as hexadecimal digits. */
  readonly got: string[] = [];
  #waiting: (() => void)[] = [];

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  static async open(tap: string): Promise<TapEnd> {
    const child = spawn("perl", [join(import.meta.dirname, "tap-end.pl"), tap], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    const end = new TapEnd(child);
    const lines = createInterface({ input: child.stdout! });
    const ready = once(lines, "line");
    await ready;
    lines.on("line", (line) => {
      end.got.push(line);
      for (const wake of end.#waiting.splice(0)) wake();
    });
    return end;
  }

  send(...frames: readonly Buffer[]): void {
    this.#child.stdin!.write(frames.map((frame) => `${frame.toString("hex")}\n`).join(""));
  }

  has(frame: Buffer | string): boolean {
    const text = typeof frame === "string" ? frame : frame.toString("hex");
    return this.got.some((line) => line.includes(text));
  }

  /** Resolves when a frame came, or has come, that holds these bytes. Rejects after 10 s. */
  async until(frame: Buffer | string): Promise<void> {
    const late = AbortSignal.timeout(10_000);
    while (!this.has(frame)) {
      await new Promise<void>((resolve, reject) => {
        this.#waiting.push(resolve);
        late.addEventListener("abort", () => reject(new Error("the frame did not come")), { once: true });
      });
    }
  }

  async close(): Promise<void> {
    const ended = once(this.#child, "exit");
    this.#child.stdin!.end();
    await ended;
  }
}
