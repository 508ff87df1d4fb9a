/** What a caller may wait for after a guest's start. */
import { LodgeError } from "#contract/errors";
import { systemClock } from "#base/clock";
import { retry } from "#base/retry";
import { growNode } from "#hypervisor/qemu/plug";
import { reachable } from "#hypervisor/net/ping";
import type { Fleet } from "./fleet.ts";
import { activeNodes } from "./freeze.ts";
import type { LiveGuest } from "./live.ts";
import { guestById, type GuestRecord } from "./record.ts";

export type Waiting = "none" | "identity" | "address" | "cloud-init";

export interface WaitInput {
  readonly guest: string;
  /** The template it was forked from. */
  readonly template?: string;
  readonly wait: Waiting;
  /** The disk is larger than the template's: the guest grows its file system. */
  readonly grow: boolean;
}

/** Milliseconds: a distribution boots in 13 to 30 s without hardware acceleration. */
const bootLimit = 300_000;
const addressLimit = 60_000;
const cloudInitLimit = 900_000;

/** Where one cannot be mounted, its guest ails with that; nobody waits longer for it. */
async function mountedIn(live: LiveGuest, signal: AbortSignal, progress: (message: string) => void) {
  progress("mounting its shared folders");
  const calledOff = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
  });
  await Promise.race([live.mounted.promise, calledOff]);
}

/** @throws LodgeError agent.unreachable, agent.lost, guest.crashed; agent.absent and agent.unsupported for cloud-init */
export async function waitFor(
  parts: { readonly fleet: Fleet },
  input: WaitInput,
  signal: AbortSignal,
  progress: (message: string) => void,
): Promise<void> {
  const record = await guestById(parts.fleet.parts.store, input.guest);
  if (input.wait === "none") return;
  const live = parts.fleet.require(record.id);
  const ended = live.ended.then(({ reason }) => {
    throw new LodgeError("guest.crashed", { guest: record.name, reason });
  });
  ended.catch(() => undefined);
  const steps = async () => {
    if (input.template === undefined) {
      progress("booting");
      await live.inside.answer({ timeout: bootLimit, signal });
      if (record.shares?.length) await mountedIn(live, signal, progress);
    } else {
      if (input.grow) await growRoot(live, record, signal);
      if (input.wait === "cloud-init" && record.cloudInit) await applyUserData(live.agent, signal, progress);
    }
    // Where no agent has told that it is up, its boot is in this time.
    const limit = input.template === undefined ? bootLimit : addressLimit;
    if (input.wait === "address") await waitAddress(record, limit, signal, progress);
    if (input.wait === "cloud-init" && input.template === undefined) {
      progress("waiting for cloud-init");
      await live.inside.run(["cloud-init", "status", "--wait"], { signal, timeout: cloudInitLimit });
    }
  };
  await Promise.race([steps(), ended]);
}

/** The disk is to be larger than the template's: the guest sees it grow, then its last partition and file system follow. */
async function growRoot(live: LiveGuest, record: GuestRecord, signal: AbortSignal): Promise<void> {
  const [disk] = record.disks;
  await growNode(live.monitor, (await activeNodes(live.monitor)).get(disk!.id)!.node, disk!.size);
  await live.agent.grow({ signal, timeout: 120_000 });
}

async function waitAddress(
  record: GuestRecord,
  limit: number,
  signal: AbortSignal,
  progress: (message: string) => void,
): Promise<void> {
  const address = record.nics[0]?.address;
  if (address === undefined) return;
  progress(`waiting for ${address}`);
  const attempt = async () => {
    if (!(await reachable(address, signal)))
      throw new LodgeError("agent.unreachable", { guest: record.name, seconds: limit / 1000 });
  };
  await retry(attempt, { clock: systemClock, first: 10, longest: 100, timeout: limit, signal });
}

/** A fork's user data: cloud-init's stages one after another, as at a first boot. */
async function applyUserData(
  agent: LiveGuest["agent"],
  signal: AbortSignal,
  progress: (message: string) => void,
): Promise<void> {
  const stages = [["init", "--local"], ["init"], ["modules", "--mode=config"], ["modules", "--mode=final"]];
  await agent.runToEnd(["rm", "-rf", "/run/cloud-init", "/var/lib/cloud/instance", "/var/lib/cloud/data"], {
    signal,
    timeout: 60_000,
  });
  for (const [index, stage] of stages.entries()) {
    progress(`cloud-init, stage ${index + 1} of ${stages.length}`);
    await agent.runToEnd(["cloud-init", ...stage], { signal, timeout: cloudInitLimit });
  }
}
