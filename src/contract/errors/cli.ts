import type { CatalogueEntry } from "../errors.ts";

/** Errors of the command line itself and of what starts the daemon. */
export const cliErrors = {
  "cli.file": {
    status: 422,
    message: "{path} cannot be used: {reason}.",
    hint: "Check the path and its permissions on this computer.",
  },
  "cli.no_terminal": {
    status: 422,
    message: "'{command}' needs a terminal.",
    hint: "From a script, use 'lodge exec GUEST -- COMMAND'.",
  },
  "cli.terminal_output": {
    status: 422,
    message: "{what} is not for a terminal.",
    hint: "Name a file, or send it on with '>' or '|'.",
  },
  "cli.archive": {
    status: 502,
    message: "What came from the guest is refused: {reason}.",
    hint: "Copy what you need from it piece by piece.",
  },
  "cli.daemon_start": {
    status: 500,
    message: "The daemon did not start: {reason}.",
    hint: "The detail below is the end of {log}.",
  },
  "cli.daemon_stop": {
    status: 504,
    message: "The daemon (process {pid}) did not end within {seconds} s.",
    hint: "Its log says what it waits for: {log}.",
  },
  "cli.link_taken": {
    status: 409,
    message: "{path} is there already and is not Lodge's.",
    hint: "Move it away, or call Lodge as ./bin/lodge.",
  },
  "cli.in_use": {
    status: 409,
    message: "{home} is in use: {reason}.",
    hint: "Start the daemon with 'npm start' so that it can clean up, and repeat this.",
  },
} as const satisfies Record<string, CatalogueEntry>;
