/**
 * What systemd calls a home's services, and where their units lie. The usual home's have plain names; those
 * of another carry a hash of it.
 */
import { existsSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { here, homePaths, resolveHome, type Surroundings } from "./home.ts";

export interface ServiceUnits {
  /** Of the computer, or of one user's. */
  readonly scope: "system" | "user";
  readonly folder: string;
  /** The daemon. */
  readonly daemon: string;
  /** What puts guests to rest before the computer shuts down. */
  readonly guests: string;
}

/** @param home as homePaths gives it */
export function serviceUnits(home: string, { env, uid }: Surroundings = here()): ServiceUnits {
  const { hash } = process.getBuiltinModule("node:crypto");
  const { LODGE_HOME: _, ...rest } = env;
  const usual = homePaths(resolveHome({ env: rest, uid }), { env: rest, uid }).home;
  const tail = home === usual ? "" : `-${hash("sha256", home, "hex").slice(0, 10)}`;
  const config = env["XDG_CONFIG_HOME"] || join(env["HOME"] ?? "/", ".config");
  return {
    scope: uid === 0 ? "system" : "user",
    folder: uid === 0 ? "/etc/systemd/system" : join(config, "systemd/user"),
    daemon: `lodged${tail}.service`,
    guests: `lodge-guests${tail}.service`,
  };
}

export const isInstalled = ({ folder, daemon }: ServiceUnits): boolean => existsSync(join(folder, daemon));

/** Does systemd run this computer, or this user's services on it? Its own mark for that: sd_booted(3). */
export function systemdRuns(scope: ServiceUnits["scope"], env: Surroundings["env"] = process.env): boolean {
  if (!existsSync("/run/systemd/system")) return false;
  return scope === "system" || existsSync(join(env["XDG_RUNTIME_DIR"] ?? "/nowhere", "systemd"));
}

/** Do this user's services run from the computer's start on, not only from a login? Its mark for that: loginctl(1). */
export const lingers = (folder = "/var/lib/systemd/linger"): boolean =>
  existsSync(join(folder, userInfo().username));
