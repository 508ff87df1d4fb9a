/** What goes on inside a guest, by its agent: commands, files, facts. */
import type { Readable } from "node:stream";
import { LodgeError } from "#contract/errors";
import type { Schemas } from "#contract/schemas";
import type { ExecStart, FileStart } from "#contract/stream";
import type { GuestAgent, RunningCommand } from "#hypervisor/agent/guest-agent";
import type { Fleet } from "./fleet.ts";
import type { LiveGuest } from "./live.ts";
import { guestById } from "./record.ts";
import { requireAction } from "./state.ts";

/** Seconds to wait for an agent that may still be booting, and for one that is to tell facts. */
const patience = 120;
const impatience = 10;

async function liveOf(fleet: Fleet, ref: string, action: "exec" | "copy"): Promise<LiveGuest> {
  const record = await guestById(fleet.parts.store, ref);
  requireAction(record, action);
  return fleet.require(record.id);
}

const agentOf = async (...which: Parameters<typeof liveOf>): Promise<GuestAgent> =>
  (await liveOf(...which)).inside;

export async function execInside(
  fleet: Fleet,
  ref: string,
  start: ExecStart,
  signal: AbortSignal,
): Promise<RunningCommand> {
  const live = await liveOf(fleet, ref, "exec");
  const begun = live.inside.exec(start, { signal, timeout: (start.agentTimeout ?? patience) * 1000 });
  live.attend(begun.then(({ exit }) => exit));
  return begun;
}

/** A tar archive of a path in the guest. @throws LodgeError agent.file */
export async function readInside(
  fleet: Fleet,
  ref: string,
  { path }: FileStart,
  signal: AbortSignal,
): Promise<Readable> {
  const agent = await agentOf(fleet, ref, "copy");
  requireAbsolute(path);
  return agent.pack(path, { signal, timeout: patience * 1000 });
}

/** Unpacks a tar archive into a folder of the guest. @throws LodgeError agent.file */
export async function writeInside(
  fleet: Fleet,
  ref: string,
  { path }: FileStart,
  content: Readable,
  signal: AbortSignal,
): Promise<void> {
  const agent = await agentOf(fleet, ref, "copy");
  requireAbsolute(path);
  await agent.unpack(path, content, { signal, timeout: patience * 1000 });
}

function requireAbsolute(path: string): void {
  if (!path.startsWith("/"))
    throw new LodgeError("agent.file", { path, reason: "it is not an absolute path" });
}

export async function factsInside(fleet: Fleet, ref: string): Promise<Schemas["GuestFacts"]> {
  const agent = await agentOf(fleet, ref, "exec");
  return agent.facts({ timeout: impatience * 1000 });
}
