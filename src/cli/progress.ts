/**
 * Shows how work goes on. On a terminal it is one line that is drawn over:
 *
 *   debian-13  ████████████░░░░░░░░  58 %  Unpacking packages  0:42
 *
 * Elsewhere each new message is a line of its own. Work that ends within a moment shows nothing.
 */
import { fit, printable, width } from "./printable.ts";
import type { Terminal } from "./terminal.ts";

export interface Progress {
  /** `fraction` from 0 to 1, or none where nobody knows. */
  update(message: string, fraction?: number): void;
  /** Writes a line above the bar. */
  note(line: string): void;
  /** Takes the bar away. */
  end(): void;
}

/** Milliseconds. */
const quiet = 400;
const redraw = 120;
/** Without a terminal, a message is repeated after this while so that a log shows life. */
const heartbeat = 30_000;
const barWidth = 20;

export function createProgress(terminal: Terminal, label: string, now: () => number = Date.now): Progress {
  return terminal.stderr.isTTY ? bar(terminal, label, now) : lines(terminal, label, now);
}

const clock = (ms: number): string => {
  const seconds = Math.floor(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
};

const percent = (fraction: number): string => `${Math.floor(Math.min(1, Math.max(0, fraction)) * 100)} %`;

/** One line of the bar, at most so many columns wide. */
export function barLine(
  label: string,
  message: string,
  fraction: number | undefined,
  elapsed: number,
  columns: number,
): string {
  const filled =
    fraction === undefined ? undefined : Math.round(Math.min(1, Math.max(0, fraction)) * barWidth);
  const drawn = filled === undefined ? moving(elapsed) : "█".repeat(filled) + "░".repeat(barWidth - filled);
  const share = fraction === undefined ? "" : `  ${percent(fraction).padStart(5)}`;
  const before = `${printable(label)}  ${drawn}${share}  `;
  const after = `  ${clock(elapsed)}`;
  const room = columns - width(before) - width(after) - 1;
  return fit(before + fit(printable(message), Math.max(0, room)) + after, columns - 1);
}

/** A block that goes to and fro: alive, without a promise. */
function moving(elapsed: number): string {
  const block = 4;
  const span = barWidth - block;
  const step = Math.floor(elapsed / redraw) % (2 * span);
  const at = step < span ? step : 2 * span - step;
  return "░".repeat(at) + "█".repeat(block) + "░".repeat(span - at);
}

function bar(terminal: Terminal, label: string, now: () => number): Progress {
  const begun = now();
  let message = "";
  let fraction: number | undefined;
  let drawn = false;
  const erase = () => {
    if (drawn) terminal.stderr.write("\r\u001b[K");
    drawn = false;
  };
  const draw = () => {
    const elapsed = now() - begun;
    if (elapsed < quiet) return;
    terminal.stderr.write(
      `\r${barLine(label, message, fraction, elapsed, terminal.stderr.columns || 80)}\u001b[K`,
    );
    drawn = true;
  };
  const timer = setInterval(draw, redraw);
  timer.unref();
  return {
    update(text, share) {
      message = text;
      fraction = share;
      draw();
    },
    note(line) {
      erase();
      terminal.note(line);
    },
    end() {
      clearInterval(timer);
      erase();
    },
  };
}

function lines(terminal: Terminal, label: string, now: () => number): Progress {
  let said = "";
  let saidAt = now();
  const say = (message: string, fraction: number | undefined) => {
    const at = now();
    if (message === "" || (message === said && at - saidAt < heartbeat)) return;
    said = message;
    saidAt = at;
    const share = fraction === undefined ? "" : ` (${percent(fraction)})`;
    terminal.note(`${printable(label)}: ${printable(message)}${share}`);
  };
  // What comes in the first moment is kept until the moment is over: it may be long until something else comes.
  let early: [message: string, fraction: number | undefined] | undefined = ["", undefined];
  const timer = setTimeout(() => {
    if (early) say(...early);
    early = undefined;
  }, quiet);
  timer.unref();
  return {
    update(message, fraction) {
      if (early) early = [message, fraction];
      else say(message, fraction);
    },
    note: (line) => terminal.note(line),
    end: () => clearTimeout(timer),
  };
}
