/** Lodge as services of systemd's: installed from packaging/, and taken away again. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { exec } from "#base/exec";
import type { HomePaths } from "#base/home";
import type { ServiceUnits } from "#base/service";

const root = join(import.meta.dirname, "../../..");

export type Systemctl = (...args: string[]) => Promise<unknown>;

/** @throws LodgeError host.command_failed and its kin */
export const systemctl = (scope: ServiceUnits["scope"]): Systemctl => {
  const { XDG_RUNTIME_DIR, DBUS_SESSION_BUS_ADDRESS } = process.env;
  const env = {
    ...(XDG_RUNTIME_DIR === undefined ? {} : { XDG_RUNTIME_DIR }),
    ...(DBUS_SESSION_BUS_ADDRESS === undefined ? {} : { DBUS_SESSION_BUS_ADDRESS }),
  };
  const own = scope === "user" ? ["--user"] : [];
  return (...args) => exec("systemctl", [...own, ...args], { env, timeout: 300_000 });
};

/**
 * Seconds that guests get, and those after which systemd ends what puts them to rest. A user's systemd is
 * itself given 120 s (user@.service).
 */
const times = { system: { rest: 240, limit: 300 }, user: { rest: 80, limit: 110 } } as const;

/** A path where systemd only puts in what % stands for (systemd.unit(5)). */
const plain = (path: string): string => path.replaceAll("%", "%%");
/** One word where systemd splits into words; in a command line it also puts in what $ stands for. */
const word = (path: string): string => `"${plain(path).replace(/["\\]/g, "\\$&")}"`;
const commandWord = (path: string): string => word(path).replaceAll("$", "$$$$");

/** What the daemon is told. */
export interface Told {
  readonly listen?: string | undefined;
  /** It runs no guests: none are to be put to rest. */
  readonly witness?: boolean | undefined;
}

/** The units' text by their names. */
export function unitTexts(
  { home }: Pick<HomePaths, "home">,
  units: ServiceUnits,
  { listen, witness = false }: Told,
): Record<string, string> {
  const { rest, limit } = times[units.scope];
  const values: Readonly<Record<string, string>> = {
    HOME: commandWord(home),
    PLAIN_HOME: plain(home),
    MOUNT: word(home),
    LODGED: commandWord(join(root, "bin/lodged")),
    LODGE: commandWord(join(root, "bin/lodge")),
    FLAGS: `${witness ? " --witness" : ""}${listen === undefined ? "" : ` --listen ${commandWord(listen)}`}`,
    DAEMON: units.daemon,
    SECONDS: String(rest),
    LIMIT: String(limit),
    TARGET: units.scope === "system" ? "multi-user.target" : "default.target",
  };
  const filled = (name: string) =>
    readFileSync(join(root, "packaging", name), "utf8").replace(
      /@([A-Z_]+)@/g,
      (_, key: string) => values[key]!,
    );
  return {
    [units.daemon]: filled("lodged.service"),
    ...(witness ? {} : { [units.guests]: filled("lodge-guests.service") }),
  };
}

/** What the daemon may need to know of its surroundings, and a service does not inherit. */
const handedOn = /^(NODE_EXTRA_CA_CERTS|SSL_CERT_\w+|\w+_proxy|\w+_PROXY)$/;

export interface Installation extends Told {
  readonly paths: HomePaths;
  readonly units: ServiceUnits;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Writes the units and has them started with the computer; starts nothing. @returns the files it wrote */
export async function installService(what: Installation, call: Systemctl): Promise<string[]> {
  const { paths, units, env } = what;
  const written: string[] = [];
  mkdirSync(units.folder, { recursive: true });
  // systemd makes the log's file, but no folder for it.
  mkdirSync(paths.logs, { recursive: true, mode: 0o711 });
  const texts = unitTexts(paths, units, what);
  for (const [name, text] of Object.entries(texts)) {
    written.push(join(units.folder, name));
    writeFileSync(join(units.folder, name), text, { mode: 0o644 });
  }
  const kept = Object.entries(env).filter(([name, value]) => handedOn.test(name) && value !== undefined);
  const environment = join(paths.home, "lodged.env");
  if (kept.length > 0 && !existsSync(environment)) {
    // A proxy's address may hold a password: for its owner alone.
    const lines = kept.map(([name, value = ""]) => `${name}="${value.replace(/["\\$`]/g, "\\$&")}"\n`);
    writeFileSync(environment, lines.join(""), { mode: 0o600 });
    written.push(environment);
  }
  await call("daemon-reload");
  await call("enable", ...Object.keys(texts));
  return written;
}

/** Takes the services away; guests live on. What is gone already is no error. */
export async function removeService(units: ServiceUnits, call: Systemctl): Promise<void> {
  for (const name of [units.daemon, units.guests]) await call("disable", name).catch(() => undefined);
  // The daemon while its unit is there: one without a file ends every process of its group, hence the guests.
  await call("stop", units.daemon).catch(() => undefined);
  for (const name of [units.daemon, units.guests]) rmSync(join(units.folder, name), { force: true });
  await call("daemon-reload");
  // The other when its unit is gone: one without a file does nothing with the guests.
  await call("stop", units.guests).catch(() => undefined);
  await call("reset-failed", units.guests, units.daemon).catch(() => undefined);
}
