import { LodgeError } from "#contract/errors";

/** The promise's outcome, or host.command_timeout after `ms` milliseconds; the promise itself goes on. */
export async function withTimeout<T>(promise: Promise<T>, ms: number, what = "the call"): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new LodgeError("host.command_timeout", { command: what, seconds: ms / 1000 })),
      ms,
    );
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
