import pino from "pino";

/** Structured log: an object of facts, then words. */
export type Log = pino.Logger;

/** Names of fields that never reach the log. */
const secrets = ["*.privateKey", "*.password", "*.token", "*.userData", "*.sshHostKeys"];

/** The daemon's log: JSON lines to standard error, which whoever starts it keeps. */
export function createLog(level = process.env["LODGE_LOG"] ?? "info"): Log {
  const destination = pino.destination({ fd: 2, sync: true });
  // A disk that is full loses lines; it does not end who says them.
  destination.on("error", () => undefined);
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime, redact: secrets }, destination);
}

/** A log that says nothing, for tests. */
export const silentLog: Log = pino({ level: "silent" });
