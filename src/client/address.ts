/** Where the daemon is: what the environment says, else the socket below this user's home. */
import { checkRun, homePaths, resolveHome } from "#base/home";
import { findRemote } from "./remotes.ts";

export type Address =
  | { readonly socketPath: string }
  | {
      readonly url: string;
      readonly token?: string | undefined;
      /** The certificate authority that it has to come from, in PEM. */
      readonly ca?: string | undefined;
    };

/**
 * LODGE_URL with LODGE_TOKEN, else the remote that LODGE_REMOTE names, else the socket of LODGE_HOME, else that of the default home.
 *
 * @throws LodgeError api.folder_unsafe where somebody else could listen on that socket, cli.remote_unknown.
 */
export function findAddress(env: Readonly<Record<string, string | undefined>> = process.env): Address {
  if (env["LODGE_URL"]) return { url: env["LODGE_URL"], token: env["LODGE_TOKEN"] };
  if (env["LODGE_REMOTE"]) return findRemote(env["LODGE_REMOTE"], env);
  const surroundings = { env, uid: process.getuid?.() ?? 0 };
  const paths = homePaths(resolveHome(surroundings), surroundings);
  checkRun(paths);
  return { socketPath: paths.socket };
}

/** The address in words, for errors. */
export const nameOf = (address: Address): string =>
  "socketPath" in address ? address.socketPath : address.url;
