/**
 * Sends a message once. Nothing that a receiver does takes longer than the limit or fills memory: of its answer the
 * beginning is read, and then the connection is closed. A redirect is an answer like any other that is not 2xx.
 */
import type { IncomingMessage } from "node:http";
import type { Clock } from "#base/clock";
import { sendOut, type AddressFilter } from "#base/outbound";
import { LodgeError } from "#contract/errors";
import { askedPause } from "./schedule.ts";

/** Milliseconds until an answer has to be there, and then for what it says. */
export const answerLimit = 15_000;
export const contentLimit = 2_000;
/** Bytes of it that are kept. */
const keptBytes = 1_024;

export interface Sending {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly may: AddressFilter;
  readonly clock: Clock;
  /** Ends it: it then throws the signal's reason. */
  readonly signal: AbortSignal;
}

export interface Outcome {
  readonly delivered: boolean;
  readonly status?: number;
  readonly milliseconds: number;
  readonly answer?: string;
  readonly error?: string;
  /** Milliseconds that the receiver asks us to wait. */
  readonly retryAfter?: number;
}

export async function sendOnce({ clock, signal, ...request }: Sending): Promise<Outcome> {
  const begun = clock.monotonic();
  const milliseconds = () => Math.round(clock.monotonic() - begun);
  try {
    const answer = await limited(clock, answerLimit, signal, (limit) => answered(request, limit));
    const { statusCode: status = 0, headers } = answer;
    const taken = milliseconds();
    const content = await beginning(answer, clock, signal);
    const retryAfter = askedPause(headers["retry-after"], clock.now());
    return {
      delivered: status >= 200 && status < 300,
      status,
      milliseconds: taken,
      ...(content === "" ? {} : { answer: content }),
      ...(retryAfter === undefined ? {} : { retryAfter }),
    };
  } catch (error) {
    signal.throwIfAborted();
    return { delivered: false, milliseconds: milliseconds(), error: wordsOf(error) };
  }
}

class TimeIsUp extends Error {}

/** Runs something with a signal that aborts after the time, or with the given one. */
async function limited<T>(
  clock: Clock,
  time: number,
  signal: AbortSignal,
  work: (limit: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = new AbortController();
  const done = new AbortController();
  clock.sleep(time, AbortSignal.any([signal, done.signal])).then(
    () => limit.abort(new TimeIsUp()),
    (reason: unknown) => done.signal.aborted || limit.abort(reason),
  );
  try {
    return await work(limit.signal);
  } finally {
    done.abort();
  }
}

/** The answer's head. A lookup of a name cannot be ended: it is not waited for any longer than the rest. */
function answered(request: Omit<Sending, "clock" | "signal">, limit: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    limit.addEventListener("abort", () => reject(limit.reason), { once: true });
    // The answer has a limit of its own.
    const open = new AbortController();
    const give = (answer: IncomingMessage) => (limit.aborted ? answer.destroy() : resolve(answer));
    limit.addEventListener("abort", () => open.abort(limit.reason), { once: true });
    sendOut({ ...request, method: "POST", signal: open.signal }).then(give, reject);
  });
}

async function beginning(answer: IncomingMessage, clock: Clock, signal: AbortSignal): Promise<string> {
  const chunks: Buffer[] = [];
  answer.on("error", () => undefined);
  const read = async () => {
    let left = keptBytes;
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      chunks.push(chunk.subarray(0, left));
      left -= chunk.length;
      if (left <= 0) return;
    }
  };
  try {
    await limited(clock, contentLimit, signal, (limit) => {
      limit.addEventListener("abort", () => answer.destroy(), { once: true });
      return read();
    });
  } catch {
    // Its status counts, whatever became of the rest.
  }
  answer.destroy();
  // Neither what moves a terminal's cursor nor half a letter at the end.
  return Buffer.concat(chunks)
    .toString("utf8")
    .replace(/[^\P{C}\n\t]/gu, "")
    .replace(/\uFFFD$/, "");
}

const words: Readonly<Record<string, string>> = {
  ENOTFOUND: "no address is known of its name",
  EAI_AGAIN: "its name could not be looked up",
  ECONNREFUSED: "nobody listens there",
  ECONNRESET: "the connection was cut",
  EPIPE: "the connection was cut",
  EHOSTUNREACH: "no way leads there",
  ENETUNREACH: "no way leads there",
  ETIMEDOUT: "nobody answers there",
};

function wordsOf(error: unknown): string {
  if (error instanceof TimeIsUp) return `there was no answer within ${answerLimit / 1000} s`;
  if (error instanceof LodgeError) return error.message;
  const { code = "", message } = error as NodeJS.ErrnoException;
  return words[code] ?? (code === "" ? message : `${code}: ${message}`).slice(0, 300);
}
