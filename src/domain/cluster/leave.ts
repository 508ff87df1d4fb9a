/**
 * Takes this host out of its cluster: others keep the state in its place, its records there are forgotten, and it stands alone
 * again, without guests, images and accounts of the cluster's.
 */
import { LodgeError } from "#contract/errors";
import { defineOperation } from "#durable/operation/define";
import type { Store } from "#durable/store/store";
import { update } from "#durable/store/update";
import { guestPrefix } from "../guest/record.ts";
import type { Members } from "../member/members.ts";
import { memberKey, type MemberRecord } from "../member/record.ts";
import { volumePrefix } from "../volume/record.ts";
import { readClusterFile } from "./cluster-file.ts";
import { writeCrossing } from "./crossing.ts";
import { ended, requireNotFailed, type CrossingOperationParts } from "./init.ts";
import { readEtcdPlan } from "./etcd-plan.ts";

export interface LeaveInput {
  readonly host: string;
}

export interface LeaveParts extends Pick<CrossingOperationParts, "home" | "clock" | "beginAnew"> {
  readonly all: Store;
  readonly members: Pick<Members, "all" | "get" | "onChange">;
}

/** Milliseconds for which it is waited until others keep the state. */
const patience = 120_000;

/** What a host has that would be lost, in words; undefined: nothing. `prefixOf`: where a noun's records of that host lie. */
export async function holdings(
  all: Pick<Store, "list">,
  prefixOf: (noun: string) => string,
): Promise<string | undefined> {
  for (const [prefix, one, many] of [
    [guestPrefix, "a guest", "guests"],
    [volumePrefix, "a volume", "volumes"],
  ] as const) {
    const { length } = (await all.list(prefixOf(prefix))).items;
    if (length > 0) return length === 1 ? one : `${length} ${many}`;
  }
  return undefined;
}

/** Where a host's records of a noun lie in the whole store. */
export const ofHost =
  (host: string) =>
  (prefix: string): string =>
    `${prefix}@${host}/`;

/** @throws LodgeError cluster.has_guests, cluster.last_host */
export async function requireMayLeave(
  { all, members }: Pick<LeaveParts, "all" | "members">,
  host: string,
): Promise<void> {
  const name = members.get(host)?.name ?? host;
  const hosts = members.all().filter(({ witness }) => !witness);
  if (hosts.length < 2) throw new LodgeError("cluster.last_host");
  const what = await holdings(all, ofHost(host));
  if (what !== undefined) throw new LodgeError("cluster.has_guests", { host: name, what });
}

export function defineLeave(parts: LeaveParts | undefined, alone: Pick<LeaveParts, "home">) {
  const { home } = alone;
  const mark = async (host: string, leaving: boolean) => {
    if (!parts) return;
    await update<MemberRecord>(parts.all, memberKey(host), (record) => {
      if (!record) return undefined;
      const { leaving: _leaving, ...rest } = record;
      return leaving ? { ...rest, leaving: true } : rest;
    });
  };
  return defineOperation<LeaveInput>({
    kind: "cluster.leave",
    resume: "forward",
    steps: [
      {
        name: "hand over",
        async do({ input, progress, signal }) {
          if (!parts) return;
          progress({ message: "Others take over what this host keeps" });
          await mark(input.host, true);
          await requireMayLeave(parts, input.host);
          await until(parts, signal, async () => {
            const voter = parts.members.get(input.host)?.voter ?? false;
            return !voter && (await readEtcdPlan(home)) === undefined;
          });
        },
        undo: ({ input }) => mark(input.host, false),
      },
      {
        name: "move",
        cancellable: false,
        async do({ input, operationId, progress, signal }) {
          if (!parts || !(await readClusterFile(home))) return;
          progress({ message: "Leaving the cluster", fraction: 0.5 });
          await requireNotFailed(home);
          await requireMayLeave(parts, input.host);
          await writeCrossing(home, { kind: "leave", operation: operationId });
          parts.beginAnew();
          await ended(signal);
        },
      },
    ],
  });
}

async function until(
  { clock, members }: LeaveParts,
  signal: AbortSignal,
  holds: () => Promise<boolean>,
): Promise<void> {
  const end = clock.monotonic() + patience;
  while (!(await holds())) {
    if (clock.monotonic() > end) {
      const reason = "no other host has become one of those that keep the state in two minutes";
      throw new LodgeError("cluster.carry_failed", { reason });
    }
    const told = new AbortController();
    members.onChange(() => told.abort(), AbortSignal.any([signal, told.signal]));
    await clock.sleep(1_000, AbortSignal.any([signal, told.signal])).catch(() => signal.throwIfAborted());
  }
}
