import pino from "pino";

/** Structured log: an object of facts, then words. */
export type Log = pino.Logger;

/** Names of fields that never reach the log. */
const secrets = ["*.privateKey", "*.password", "*.token", "*.userData", "*.sshHostKeys"];

/** The daemon's log: JSON lines to standard error, which whoever starts it keeps. */
export const createLog = (level = process.env["LODGE_LOG"] ?? "info"): Log =>
  pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, redact: secrets },
    pino.destination({ fd: 2, sync: true }),
  );

/** A log that says nothing, for tests. */
export const silentLog: Log = pino({ level: "silent" });
