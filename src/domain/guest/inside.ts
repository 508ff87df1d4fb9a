/** What goes on inside a guest, by its agent: commands, files, facts. */
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Writable } from "node:stream";
import { dirname } from "node:path";
import { LodgeError } from "#contract/errors";
import type { Schemas } from "#contract/schemas";
import type { ExecStart, FileStart } from "#contract/stream";
import type { ExecExit, ExecSession as AgentSession } from "#hypervisor/agent/exec-session";
import type { Fleet } from "./fleet.ts";
import type { LiveGuest } from "./live.ts";
import { findGuest, type GuestRecord } from "./record.ts";
import { requireAction } from "./state.ts";

/** Seconds to wait for an agent that may still be booting. */
const patience = 120;

export interface RunningCommand {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  resize(rows: number, cols: number): void;
  kill(signal: string): void;
  readonly exit: Promise<{ readonly code: number; readonly signal?: string }>;
}

async function reach(
  fleet: Fleet,
  ref: string,
  action: "exec" | "copy",
  signal: AbortSignal,
  seconds = patience,
): Promise<LiveGuest> {
  const record = await findGuest(fleet.parts.store, ref);
  requireAction(record, action);
  requireAgent(record, action === "exec" ? "run commands" : "copy files");
  const live = fleet.require(record.id);
  await live.agent.hello({ timeout: seconds * 1000, signal });
  return live;
}

function requireAgent(record: GuestRecord, what: string): void {
  if (record.agent === "lodge") return;
  throw new LodgeError("agent.unsupported", { guest: record.name, what });
}

/** As a shell counts: 128 and the signal's number. */
const shown = (exit: ExecExit) => ("code" in exit ? exit : { code: 128, signal: exit.signal });

function toCommand(session: AgentSession, signal: AbortSignal): RunningCommand {
  signal.addEventListener("abort", () => session.close("SIGHUP"), { once: true });
  return {
    stdin: session.stdin,
    stdout: Readable.from(session.stdout, { objectMode: false }),
    stderr: Readable.from(session.stderr, { objectMode: false }),
    resize: (rows, cols) => session.resize(rows, cols),
    kill: (name) => session.signal(name as NodeJS.Signals),
    exit: session.exit.then(shown),
  };
}

export async function execInside(
  fleet: Fleet,
  ref: string,
  start: ExecStart,
  signal: AbortSignal,
): Promise<RunningCommand> {
  const live = await reach(fleet, ref, "exec", signal, start.agentTimeout);
  const { argv, env, cwd, user, tty } = start;
  const session = await live.agent.exec(
    {
      argv,
      env: { ...env, ...(tty ? { TERM: tty.term } : {}) },
      ...(cwd === undefined ? {} : { cwd }),
      ...(user === undefined ? {} : { user }),
      ...(tty ? { tty: { rows: tty.rows, cols: tty.cols } } : {}),
      ...(argv.length === 0 ? { login: true } : {}),
    },
    { signal },
  );
  return toCommand(session, signal);
}

/** A tar archive of a path in the guest. @throws LodgeError agent.file */
export async function readInside(
  fleet: Fleet,
  ref: string,
  { path }: FileStart,
  signal: AbortSignal,
): Promise<Readable> {
  const live = await reach(fleet, ref, "copy", signal);
  await requirePath(live, path, signal);
  const name = path.split("/").at(-1) || ".";
  const session = await live.agent.exec(
    { argv: ["tar", "-C", dirname(path), "-cf", "-", "--", name], stdin: false },
    { signal },
  );
  return Readable.from(output(session, path), { objectMode: false });
}

async function requirePath(live: LiveGuest, path: string, signal: AbortSignal): Promise<void> {
  if (!path.startsWith("/"))
    throw new LodgeError("agent.file", { path, reason: "it is not an absolute path" });
  const { exit } = await live.agent.runToEnd(["test", "-e", path], { signal });
  if (!("code" in exit) || exit.code !== 0)
    throw new LodgeError("agent.file", { path, reason: "there is no such file" });
}

async function* output(session: AgentSession, path: string): AsyncIterable<Buffer> {
  const words = collectWords(session);
  yield* session.stdout;
  const exit = await session.exit;
  if (!("code" in exit) || exit.code !== 0)
    throw new LodgeError("agent.file", { path, reason: (await words) || "tar failed" });
}

async function collectWords(session: AgentSession): Promise<string> {
  let text = "";
  for await (const bytes of session.stderr) if (text.length < 1000) text += bytes.toString();
  return text.trim().split("\n").at(-1) ?? "";
}

/** Unpacks a tar archive into a folder of the guest. @throws LodgeError agent.file */
export async function writeInside(
  fleet: Fleet,
  ref: string,
  { path }: FileStart,
  content: Readable,
  signal: AbortSignal,
): Promise<void> {
  const live = await reach(fleet, ref, "copy", signal);
  if (!path.startsWith("/"))
    throw new LodgeError("agent.file", { path, reason: "it is not an absolute path" });
  const session = await live.agent.exec(
    { argv: ["tar", "-C", path, "-xf", "-", "--no-same-owner"] },
    { signal },
  );
  const words = collectWords(session);
  void (async () => {
    for await (const bytes of session.stdout) void bytes;
  })().catch(() => undefined);
  await pipeline(content, session.stdin, { signal }).catch((error: unknown) => {
    if (signal.aborted) throw error;
  });
  const exit = await session.exit;
  if (!("code" in exit) || exit.code !== 0)
    throw new LodgeError("agent.file", { path, reason: (await words) || "tar failed" });
}

export async function factsInside(fleet: Fleet, ref: string): Promise<Schemas["GuestFacts"]> {
  const record = await findGuest(fleet.parts.store, ref);
  requireAction(record, "exec");
  requireAgent(record, "tell facts");
  const facts = await fleet.require(record.id).agent.facts({ timeout: 10_000 });
  return {
    hostname: facts.hostname,
    kernel: facts.kernel,
    os: facts.os.name,
    uptime: facts.uptime,
    memoryTotal: facts.memoryTotal,
    memoryAvailable: facts.memoryAvailable,
    addresses: facts.interfaces.flatMap(({ addresses }) => addresses),
  };
}
