/** Exit codes, as `lodge --help` documents them. */
import type { LodgeError } from "#contract/errors";

export const exitCode = {
  ok: 0,
  failure: 1,
  usage: 2,
  notFound: 3,
  conflict: 4,
  unreachable: 5,
  timeout: 124,
  /** exec, shell, run -- COMMAND: Lodge failed, not the command. */
  lodgeFailed: 125,
  notExecutable: 126,
  commandNotFound: 127,
  cancelled: 130,
  /** 128 and SIGPIPE, as of a program that SIGPIPE ended. */
  brokenPipe: 141,
} as const;

export const exitCodes: readonly (readonly [code: string, meaning: string])[] = [
  ["0", "done"],
  ["1", "failed"],
  ["2", "the command was not typed right"],
  ["3", "no such guest, image, …"],
  ["4", "not possible in this state, or a name is taken"],
  ["5", "the daemon does not answer"],
  ["124", "took too long"],
  ["130", "cancelled"],
];

export function exitCodeOf(error: LodgeError): number {
  switch (error.code) {
    case "api.daemon_unreachable":
    case "api.daemon_lost":
    case "api.stopping":
      return exitCode.unreachable;
    case "operation.cancelled":
    case "operation.detached":
    case "upload.interrupted":
      return exitCode.cancelled;
    default:
      return byStatus[error.status] ?? exitCode.failure;
  }
}

const byStatus: Readonly<Record<number, number>> = {
  400: exitCode.usage,
  404: exitCode.notFound,
  409: exitCode.conflict,
  412: exitCode.conflict,
  504: exitCode.timeout,
};

/** The same where a command in a guest was to run, whose own exit codes must be told apart from Lodge's. */
export function commandExitCodeOf(error: LodgeError): number {
  if (error.code === "agent.command_not_found") return exitCode.commandNotFound;
  if (error.code === "api.usage") return exitCode.usage;
  return exitCode.lodgeFailed;
}
