/** Other computers' Lodges that this user knows by name, in a file of his own: it holds their tokens. */
import { LodgeError } from "#contract/errors";

type Env = Readonly<Record<string, string | undefined>>;

export interface Remote {
  readonly url: string;
  readonly token?: string;
  /** The certificate authority that its server has to come from, in PEM; none: any that this computer trusts. */
  readonly ca?: string;
}

export type Remotes = Readonly<Record<string, Remote>>;

/** XDG's folder for a user's settings. */
function remotesFile(env: Env): string {
  const { isAbsolute, join } = process.getBuiltinModule("node:path");
  const config = env["XDG_CONFIG_HOME"];
  const folder = config && isAbsolute(config) ? config : join(env["HOME"] ?? "/", ".config");
  return join(folder, "lodge", "remotes.json");
}

export function readRemotes(env: Env = process.env): Remotes {
  const path = remotesFile(env);
  try {
    return JSON.parse(process.getBuiltinModule("node:fs").readFileSync(path, "utf8")) as Remotes;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw new LodgeError("cli.file", { path, reason: "it cannot be read as JSON" }, { cause: error });
  }
}

export function writeRemotes(remotes: Remotes, env: Env = process.env): void {
  const path = remotesFile(env);
  const fs = process.getBuiltinModule("node:fs");
  const { dirname } = process.getBuiltinModule("node:path");
  try {
    fs.mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const draft = `${path}.new`;
    fs.writeFileSync(draft, `${JSON.stringify(remotes, null, 2)}\n`, { mode: 0o600 });
    fs.chmodSync(draft, 0o600);
    fs.renameSync(draft, path);
  } catch (error) {
    throw new LodgeError("cli.file", { path, reason: "it cannot be written" }, { cause: error });
  }
}

/** @throws LodgeError cli.remote_unknown */
export function findRemote(name: string, env: Env = process.env): Remote {
  const remotes = readRemotes(env);
  const remote = Object.hasOwn(remotes, name) ? remotes[name] : undefined;
  if (!remote) throw new LodgeError("cli.remote_unknown", { name });
  return remote;
}
