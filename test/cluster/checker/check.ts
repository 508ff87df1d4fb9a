/** One run of the checker: hosts are made, guests write, changes are asked for, faults come; what comes of it is judged. */
import { copyFile, mkdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Host } from "../hosts/host.ts";
import { analyse } from "./analysis.ts";
import { Driver } from "./driver.ts";
import type { Acknowledged, Change, End, History, Violation } from "./history.ts";
import { Listener } from "./listen.ts";
import { Nemesis } from "./nemesis.ts";
import { settle } from "./settle.ts";
import { World } from "./world.ts";

/** Milliseconds until all guests have to be made. */
const patience = 240_000;

export interface CheckOptions {
  readonly seed: number;
  readonly minutes: number;
  readonly hosts: number;
  /** How many guests there are at a time. */
  readonly guests: number;
  /** Names of faults that are to come; all of them without. */
  readonly only?: readonly string[] | undefined;
  /** A folder for what the hosts have logged. */
  readonly logs?: string | undefined;
  readonly say: (line: string) => void;
}

export interface Checked {
  readonly history: History;
  readonly violations: readonly Violation[];
}

export async function check({ say, ...options }: CheckOptions): Promise<Checked> {
  const { seed, minutes } = options;
  await using world = await World.make(options.hosts);
  const { hosts } = world;
  const beginning = performance.now();
  const now = () => Math.round(performance.now() - beginning);
  const tell = (line: string) => say(`${(now() / 1000).toFixed(1).padStart(7)}  ${line}`);
  const listener = new Listener(hosts.all, now);
  const driver = new Driver({ hosts: hosts.all, seed, guests: options.guests, now });
  const nemesis = new Nemesis({ world, seed, now, say: tell, only: options.only });
  listener.start();
  try {
    driver.start();
    const late = delay(patience, "late", { ref: false });
    if ((await Promise.race([driver.ready(), late])) === "late")
      throw new Error("no guests could be made, though nothing had befallen the hosts yet");
    tell("all guests are made");
    nemesis.start();
    await delay(minutes * 60_000);
    await nemesis.end();
    await driver.end();
    await world.rest();
    const end = await settle({ world, listener, now, say: tell });
    listener.read();
    const acknowledged = named(listener.heard, driver.changes, end);
    if (acknowledged.length === 0) throw new Error("no guest has written anything: nothing was tried");
    const { logs: _, only: __, ...told } = options;
    const events = await countEvents(hosts.all);
    const history = { ...told, acknowledged, changes: driver.changes, faults: nemesis.done, events, end };
    return { history, violations: analyse(history) };
  } finally {
    listener.stop();
    if (options.logs !== undefined) await keepLogs(hosts.all, options.logs);
  }
}

/** What was heard is of ids: those of guests that were made or found have names, others keep their id. */
function named(heard: readonly Acknowledged[], changes: readonly Change[], end: End): Acknowledged[] {
  const names = new Map<string, string>();
  for (const change of changes) if (change.verb === "create" && change.id) names.set(change.id, change.guest);
  for (const { id, name } of Object.values(end.lists).flat()) names.set(id, name);
  return heard.map((one) => ({ ...one, guest: names.get(one.guest) ?? one.guest }));
}

/** By their kinds. A host is told of what happened to others, too, which is left out. */
async function countEvents(hosts: readonly Host[]): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { home, namespace } of hosts) {
    const lines = await readFile(namespace.outside(join(home, "logs/events.jsonl")), "utf8");
    for (const line of lines.split("\n").filter(Boolean)) {
      const { kind, source } = JSON.parse(line) as { readonly kind: string; readonly source?: string };
      if (source === undefined) counts[kind] = (counts[kind] ?? 0) + 1;
    }
  }
  return counts;
}

/** The daemons' logs, and what they told as events. */
async function keepLogs(hosts: readonly Host[], folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const host of hosts.filter(({ isOn }) => isOn))
    for (const file of ["lodged.log", "logs/events.jsonl", "logs/fence.log"]) {
      const from = host.namespace.outside(join(host.home, file));
      await copyFile(from, join(folder, `${host.name}-${basename(file)}`)).catch(() => undefined);
    }
}
