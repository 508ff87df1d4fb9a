import { homePaths, resolveHome, type HomePaths } from "#base/home";
import { findAddress } from "#client/address";
import { createClient, type Client } from "#client/client";
import { createTerminal, type Terminal } from "./terminal.ts";

/** What a command has to work with. */
export interface Context {
  readonly terminal: Terminal;
  /** Where this user's Lodge keeps its things. */
  readonly paths: HomePaths;
  /** Is the daemon on this computer, so that its paths are ours? */
  readonly local: boolean;
  readonly verbose: boolean;
  /** The command as typed: "lodge image ls". */
  readonly name: string;
  /** The project that was named; undefined: the daemon decides. */
  readonly project: string | undefined;
  /** The host of the cluster that is to answer; undefined: the daemon decides. */
  readonly host: string | undefined;
  /** Made on first use; nothing is asked of the daemon by that. */
  readonly client: Client;
}

export interface ContextOptions {
  readonly name: string;
  /** Takes the place of LODGE_HOME, LODGE_URL and LODGE_REMOTE. */
  readonly home?: string | undefined;
  /** Takes the place of LODGE_URL and LODGE_REMOTE. */
  readonly remote?: string | undefined;
  /** Takes the place of LODGE_PROJECT. */
  readonly project?: string | undefined;
  readonly host?: string | undefined;
  readonly reason?: string | undefined;
  readonly verbose: boolean;
  readonly terminal?: Terminal;
}

export function createContext({
  name,
  home,
  remote,
  project = process.env["LODGE_PROJECT"] || undefined,
  host,
  reason,
  verbose,
  terminal = createTerminal(),
}: ContextOptions): Context {
  if (home !== undefined) {
    process.env["LODGE_HOME"] = home;
    delete process.env["LODGE_URL"];
    delete process.env["LODGE_REMOTE"];
  }
  if (remote !== undefined) {
    process.env["LODGE_REMOTE"] = remote;
    delete process.env["LODGE_URL"];
  }
  let client: Client | undefined;
  return {
    terminal,
    verbose,
    project,
    host,
    name,
    local: !process.env["LODGE_URL"] && !process.env["LODGE_REMOTE"],
    get paths() {
      return homePaths(resolveHome());
    },
    get client() {
      return (client ??= createClient(findAddress(), { project, host, reason }));
    },
  };
}
