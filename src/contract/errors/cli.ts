import type { CatalogueEntry } from "./entry.ts";

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
  "cli.cannot_clean_up": {
    status: 500,
    message: "What Lodge set up for {home} cannot be taken down without its daemon: {reason}.",
    hint: "Mend what the detail below says and repeat this; 'lodge uninstall --force' goes on without.",
  },
  "cli.no_service": {
    status: 422,
    message: "Lodge cannot be installed as a service: {reason}.",
    hint: "Have your own supervisor run './bin/lodged' and, before a shutdown, 'lodge shutdown'.",
  },
  "cli.remote_unknown": {
    status: 404,
    message: "There is no remote {name}.",
    hint: "'lodge remote ls' lists those that there are; 'lodge remote add {name} URL' adds one.",
  },
  "cli.certificate_unknown": {
    status: 403,
    message: "Nobody whom this computer trusts vouches for {url}; its authority is SHA-256 {fingerprint}.",
    hint: "Compare that with what 'lodge info' shows there, then add to the command: --fingerprint {fingerprint}.",
  },
  "cli.certificate_other": {
    status: 403,
    message: "The authority of {url} has another fingerprint: SHA-256 {fingerprint}.",
    hint: "Look at what 'lodge info' shows there. If it is another still, somebody may sit between you and it.",
  },
  "cli.web_failed": {
    status: 500,
    message: "The web interface could not be built.",
    hint: "Run 'npm ci', then 'npm start' again; the detail has what the build said.",
  },
} as const satisfies Record<string, CatalogueEntry>;
