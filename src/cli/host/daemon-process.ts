/**
 * Starting lodged so that it outlives whoever starts it: by its installed service, else as a unit of systemd's
 * where root has that, else as a process in a session of its own. Its guests outlive it either way. And ending it.
 */
import { spawn } from "node:child_process";
import { hash } from "node:crypto";
import { existsSync, mkdirSync, openSync, closeSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { hasCode, LodgeError } from "#contract/errors";
import type { HomePaths } from "#base/home";
import { type ProcessRef, waitGone } from "#base/process";
import { isInstalled, serviceUnits, systemdRuns } from "#base/service";
import type { Client } from "#client/client";
import type { Schemas } from "#contract/schemas";
import type { Context } from "../context.ts";
import { fileError } from "../paths.ts";
import { systemctl } from "./service.ts";
import { watchShutdown } from "./watch-shutdown.ts";

const lodged = join(import.meta.dirname, "../../../bin/lodged");

/** Milliseconds. Adopting a hundred guests takes some of it. */
const patience = 60_000;

/** Seconds that the daemon has to end once its guests have. */
const endPatience = 15;

/** Does the daemon answer? @throws LodgeError what keeps us from knowing, such as api.daemon_forbidden */
export async function answers(client: Client): Promise<boolean> {
  try {
    await client.call("hostGet");
    return true;
  } catch (error) {
    if (hasCode(error, "api.daemon_unreachable", "api.daemon_lost", "api.stopping")) return false;
    throw error;
  }
}

export interface DaemonStart {
  /** "HOST:PORT" on loopback; an installed service has its own. */
  readonly listen?: string | undefined;
  /** As a process of its own, whatever else there is: for a daemon that is needed for a moment. */
  readonly briefly?: boolean;
}

/** Starts the daemon and waits until it answers. @throws LodgeError cli.file, cli.daemon_start */
export async function startDaemon(
  client: Client,
  paths: HomePaths,
  { listen, briefly = false }: DaemonStart = {},
): Promise<void> {
  const log = join(paths.logs, "lodged.log");
  const begun = openLog(paths, log);
  const args = ["--home", paths.home, ...(listen === undefined ? [] : ["--listen", listen])];
  const fail = (reason: string) =>
    new LodgeError("cli.daemon_start", { reason, log }, { detail: lastLines(log, begun) });
  const running = briefly
    ? startProcess(log, args)
    : ((await startService(paths.home, fail)) ??
      (await startUnit(paths.home, log, args)) ??
      startProcess(log, args));
  const end = performance.now() + patience;
  for (let pause = 30; !(await answers(client)); pause = Math.min(250, pause * 1.5)) {
    if (!(await running())) throw fail("it ended at once");
    if (performance.now() > end) throw fail(`it did not answer within ${patience / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

type Running = () => boolean | Promise<boolean>;

/** The length that the log has now. */
function openLog(paths: HomePaths, log: string): number {
  try {
    mkdirSync(paths.logs, { recursive: true, mode: 0o711 });
    closeSync(openSync(log, "a", 0o640));
    return statSync(log).size;
  } catch (error) {
    throw fileError(paths.home, error);
  }
}

function startProcess(log: string, args: readonly string[]): Running {
  const output = openSync(log, "a");
  const child = spawn(lodged, args, { cwd: "/", detached: true, stdio: ["ignore", output, output] });
  closeSync(output);
  let ended = false;
  child.once("exit", () => (ended = true));
  child.once("error", () => (ended = true));
  child.unref();
  return () => !ended;
}

/** Is a service installed for the home, and is systemd there to run it? */
export function hasService(home: string): boolean {
  const units = serviceUnits(home);
  return isInstalled(units) && systemdRuns(units.scope);
}

async function startService(
  home: string,
  fail: (reason: string) => LodgeError,
): Promise<Running | undefined> {
  if (!hasService(home)) return undefined;
  const units = serviceUnits(home);
  const call = systemctl(units.scope);
  await call("start", units.daemon).catch(() => {
    throw fail(`its service ${units.daemon} failed`);
  });
  return () =>
    call("is-active", "--quiet", units.daemon).then(
      () => true,
      () => false,
    );
}

/** None where systemd is not there or does not want to. */
async function startUnit(home: string, log: string, args: readonly string[]): Promise<Running | undefined> {
  if (process.getuid?.() !== 0 || !existsSync("/run/systemd/system")) return undefined;
  const unit = unitName(home);
  if ((await status("systemd-run", unitArgs(unit, log, process.env, [lodged, ...args]))) !== 0)
    return undefined;
  return async () => (await status("systemctl", ["is-active", "--quiet", unit])) === 0;
}

/** One unit per home. */
export const unitName = (home: string): string => `lodge-${hash("sha256", home, "hex").slice(0, 10)}.service`;

/** Variables that mean something to the daemon and to what it runs; a unit begins with next to none. */
const handedOn = /^(LODGE_\w+|HOME|PATH|LANG|LC_\w+|TMPDIR|NODE_\w+|SSL_CERT_\w+|\w+_proxy|\w+_PROXY)$/;

/** Arguments of systemd-run(1). KillMode=process: guests live on when the daemon ends (systemd.kill(5)). */
export function unitArgs(
  unit: string,
  log: string,
  env: Readonly<Record<string, string | undefined>>,
  command: readonly string[],
): string[] {
  const kept = Object.entries(env).filter(([name]) => handedOn.test(name));
  return [
    "--quiet",
    "--collect",
    `--unit=${unit}`,
    "--description=Lodge, a virtualization platform",
    "--working-directory=/",
    "--property=KillMode=process",
    "--property=Delegate=yes",
    "--property=TasksMax=infinity",
    "--property=LimitNOFILE=524288",
    `--property=StandardOutput=append:${log}`,
    `--property=StandardError=append:${log}`,
    ...kept.map(([name, value]) => `--setenv=${name}=${value ?? ""}`),
    "--",
    ...command,
  ];
}

const status = (command: string, args: readonly string[]): Promise<number> =>
  new Promise((resolve) => {
    const child = spawn(command, args, { stdio: "ignore" });
    child.once("error", () => resolve(-1));
    child.once("close", (code) => resolve(code ?? -1));
  });

/** The end of what was written to the log since it had that length. */
function lastLines(log: string, from: number): string {
  return readFileSync(log).subarray(from).toString().trimEnd().split("\n").slice(-12).join("\n");
}

/**
 * Asks the daemon to end, shows how that goes on, and returns when it is gone.
 *
 * @throws LodgeError cli.daemon_stop, api.daemon_unreachable where there is none, operation.cancelled where the user
 *   called it off, and why it did not end.
 */
export async function endDaemon(
  context: Pick<Context, "client" | "paths" | "terminal">,
  body: Schemas["ShutdownBody"],
): Promise<void> {
  const { client, paths } = context;
  const begun = await client.call("hostShutdown", { body });
  const daemon = daemonOf(paths);
  await watchShutdown(context, begun);
  if (!daemon || (await waitGone(daemon, endPatience * 1000))) return;
  const log = join(paths.logs, "lodged.log");
  throw new LodgeError("cli.daemon_stop", { pid: daemon.pid, seconds: endPatience, log });
}

/** The daemon's process, as its own file says; it may be gone. */
export function daemonOf({ home }: Pick<HomePaths, "home">): ProcessRef | undefined {
  try {
    return JSON.parse(readFileSync(join(home, "lodged.pid"), "utf8")) as ProcessRef;
  } catch {
    return undefined;
  }
}
