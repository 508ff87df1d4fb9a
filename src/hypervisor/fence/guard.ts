/**
 * The fence itself: a process beside the daemon that ends highly available guests when the deadline it was told has passed.
 *
 * It is to do so also where the daemon is stopped, hangs or is gone, so it needs nothing of it, nor of any disk: what it knows
 * it was told (protocol.ts). What has been told while it could not run itself is heard before the clock is looked at: a deadline
 * that the daemon said is true whenever it is read.
 *
 * It ends by itself once there is nothing to watch: told of no guests, or its daemon gone and every guest with it.
 */
import { rmSync, writeSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { bootTime } from "#base/libc";
import { processRef } from "#base/process";
import { Aim } from "./aim.ts";
import { asOrder, line, Lines } from "./protocol.ts";
import { Watch, type Phase } from "./watch.ts";

/** Milliseconds that a daemon has to come (back) before a fence with nothing to watch ends. */
const patience = 10_000;

export interface GuardParts {
  readonly socket: string;
  readonly clock?: () => number;
  /** What it could not have of what holds it steady. */
  readonly lacks?: readonly string[];
}

/** Runs until there is nothing to watch any more. */
export function guard({ socket, clock = bootTime, lacks = [] }: GuardParts): Promise<void> {
  const watch = new Watch();
  const aim = new Aim();
  const over = Promise.withResolvers<void>();
  let daemon: Socket | undefined;
  let alone = clock();
  let said: Phase = "idle";
  let ended: string[] = [];
  let timer: NodeJS.Timeout | undefined;
  let soon: NodeJS.Immediate | undefined;

  const server = createServer((connection) => {
    daemon?.destroy();
    daemon = connection;
    const lines = new Lines();
    connection.setEncoding("utf8");
    connection.on("error", () => undefined);
    connection.on("close", () => {
      if (daemon !== connection) return;
      daemon = undefined;
      alone = clock();
      lookSoon();
    });
    connection.on("data", (chunk: string) => {
      try {
        for (const order of lines.take(chunk)) hear(connection, order);
      } catch (error) {
        say(`what it was told makes no sense: ${String(error)}`);
        connection.destroy();
      }
      lookSoon();
    });
    connection.write(line({ fence: processRef(process.pid)! }));
  });

  function hear(connection: Socket, said: unknown): void {
    const { n, ...told } = asOrder(said);
    watch.tell(told);
    aim.take(told.guests);
    connection.write(line({ n, ended }));
    ended = [];
  }

  /** Once all that waits to be heard is heard: immediates come after what sockets have. */
  function lookSoon(): void {
    soon ??= setImmediate(look);
  }

  function look(): void {
    clearTimeout(timer);
    clearImmediate(soon);
    soon = undefined;
    const now = clock();
    const phase = watch.phase(now);
    if (phase === "refusing") refuse(now);
    if (phase !== said) tellPhase(phase);
    if (isOver(now, phase)) return end();
    const wait = watch.wait(now) ?? (daemon ? undefined : patience);
    if (wait !== undefined) timer = setTimeout(lookSoon, wait);
  }

  function refuse(now: number): void {
    const hit = aim.shoot(watch.guests);
    if (hit.length === 0) return;
    ended.push(...hit);
    const late = Math.round(now - watch.until);
    say(
      `ended ${hit.join(", ")}: whether this host still has its place in the cluster was not said in time (${late} ms ago)`,
    );
  }

  function tellPhase(phase: Phase): void {
    said = phase;
    const names = watch.guests.map(({ id }) => id).join(", ");
    if (phase === "holding") say(`holds ${names}`);
    if (phase === "refusing") say(`refuses ${names} until it is told another deadline`);
    if (phase === "idle") say("has no guests to watch");
  }

  function isOver(now: number, phase: Phase): boolean {
    if (daemon || now - alone < patience) return false;
    return phase === "idle" || (phase === "refusing" && !aim.sees(watch.guests));
  }

  function end(): void {
    clearTimeout(timer);
    say("ends: there is nothing to watch");
    server.close();
    over.resolve();
  }

  // Somebody ends everything in order (a shutdown of the host): it goes last, when its guests are gone.
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const)
    process.on(signal, () => {
      if (!aim.sees(watch.guests)) end();
    });
  rmSync(socket, { force: true });
  server.on("error", over.reject);
  server.listen(socket, () =>
    say(lacks.length === 0 ? "watches" : `watches, but cannot ${lacks.join(", ")}`),
  );
  look();
  return over.promise;
}

/** A full disk loses lines; it does not end who says them. */
function say(what: string): void {
  try {
    writeSync(2, `${new Date().toISOString()} lodge-fence ${process.pid}: ${what}\n`);
  } catch {
    // Nobody is left to tell.
  }
}
