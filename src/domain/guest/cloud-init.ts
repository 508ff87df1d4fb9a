/** What a guest was given at its first start, and what its cloud-init says of it. */
import { text } from "node:stream/consumers";
import type { Schemas } from "#contract/schemas";
import type { SealKey } from "#durable/store/seal";
import type { Fleet } from "./fleet.ts";
import { guestSecrets } from "./identity.ts";
import { guestById } from "./record.ts";
import { redact } from "./redact.ts";

/** Milliseconds for the agent's answer: who looks at a page waits for it. */
const patience = 5_000;

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
  const limit = AbortSignal.timeout(patience);
  try {
    const argv = ["cloud-init", "status", "--long"];
    const command = await live.inside.exec({ argv }, { signal: limit, timeout: patience });
    const [said] = await Promise.all([text(command.stdout), text(command.stderr), command.exit]);
    return parseStatus(said);
  } catch {
    return undefined;
  }
}

/** `cloud-init status --long`: lines of `name: value`, of which two say how it went. */
export function parseStatus(said: string): { status: string; detail?: string } | undefined {
  const status = /^status:\s*(\S.*)$/m.exec(said)?.[1];
  if (status === undefined) return undefined;
  const detail = /^detail:\s*(\S.*)$/m.exec(said)?.[1] ?? /^detail:\s*\n(\S.*)$/m.exec(said)?.[1];
  return { status, ...(detail === undefined ? {} : { detail }) };
}
