/** What a guest was given at its first start, and what its cloud-init says of it. */
import type { Clock } from "#base/clock";
import { LodgeError } from "#contract/errors";
import type { Schemas } from "#contract/schemas";
import type { SealKey } from "#durable/store/seal";
import { withDeadline } from "#hypervisor/agent/deadline";
import type { GuestAgent } from "#hypervisor/agent/guest-agent";
import type { Fleet } from "./fleet.ts";
import { guestSecrets } from "./identity.ts";
import { guestById } from "./record.ts";
import { redact } from "./redact.ts";

/** Milliseconds for cloud-init's answer: who looks at a page waits for it. Without KVM it takes ten seconds. */
const patience = 20_000;

export async function describeCloudInit(
  fleet: Fleet,
  key: SealKey,
  id: string,
): Promise<Schemas["CloudInit"]> {
  const record = await guestById(fleet.parts.store, id);
  const { userData, sshHostKey } = guestSecrets(record, key);
  const told = record.cloudInit ? await askInside(fleet, record.id) : undefined;
  return {
    used: record.cloudInit,
    hostname: record.hostname,
    ...(record.defaultUser === undefined ? {} : { user: record.defaultUser }),
    sshKeys: [...record.sshKeys],
    hostKey: sshHostKey.publicKey.trim(),
    instance: record.id,
    ...(userData === undefined ? {} : { userData: redact(userData) }),
    ...told,
  };
}

/** Undefined where the guest does not run, its agent does not answer, or it has no cloud-init. */
async function askInside(fleet: Fleet, id: string): Promise<{ status: string; detail?: string } | undefined> {
  const live = fleet.get(id);
  if (!live) return undefined;
  return statusInside(live.inside, fleet.parts.clock);
}

/** A command that is given up says nothing more, not even that it has ended: so it is not that which is waited for. */
export async function statusInside(
  agent: Pick<GuestAgent, "exec">,
  clock: Clock,
): Promise<{ status: string; detail?: string } | undefined> {
  const giveUp = new AbortController();
  const late = () => new LodgeError("agent.unreachable", { guest: "", seconds: patience / 1000 });
  const ask = async () => {
    const argv = ["cloud-init", "status", "--long"];
    const command = await agent.exec({ argv }, { signal: giveUp.signal, timeout: patience });
    command.stdin.end();
    const [said] = await Promise.all([beginning(command.stdout), beginning(command.stderr), command.exit]);
    return parseStatus(said);
  };
  try {
    return await withDeadline(ask(), { clock, timeout: patience, late });
  } catch {
    return undefined;
  } finally {
    giveUp.abort();
  }
}

/** Characters of its answer that are looked at; what comes after them is thrown away as it comes. */
const enough = 65_536;

async function beginning(stream: AsyncIterable<Buffer | string>): Promise<string> {
  let said = "";
  for await (const part of stream) if (said.length < enough) said += part.toString();
  return said.slice(0, enough);
}

/** `cloud-init status --long`: lines of `name: value`, of which two say how it went. */
export function parseStatus(said: string): { status: string; detail?: string } | undefined {
  const status = /^status:\s*(\S.*)$/m.exec(said)?.[1];
  if (status === undefined) return undefined;
  const detail = /^detail:\s*(\S.*)$/m.exec(said)?.[1] ?? /^detail:\s*\n(\S.*)$/m.exec(said)?.[1];
  return { status, ...(detail === undefined ? {} : { detail }) };
}
