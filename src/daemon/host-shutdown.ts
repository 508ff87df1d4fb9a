/**
 * Ends the daemon, and what runs under it as far as that is asked for.
 *
 *   guests ──► traces ──► daemon
 *
 *   nothing said   guests live on
 *   guests         they are shut down, and stay so
 *   host           each is suspended or stopped as its record says, and comes back with the next start
 *   uninstall      they are switched off: their disks go next
 *
 * Where guests were ended, networks and the holders of templates' memory go too: nothing of Lodge runs then.
 */
import { availableParallelism } from "node:os";
import { counted } from "#base/counted";
import type { Clock } from "#base/clock";
import { hasEnded, type Operation } from "#contract/operation";
import { defineOperation, type StepContext } from "#durable/operation/define";
import type { OperationEngine } from "#durable/operation/engine";
import { clearGroup } from "#hypervisor/cpu/groups";
import { freeSpace } from "#hypervisor/disk/space";
import { releaseRam } from "#hypervisor/memory/held-ram";
import { putToRest, type RestParts } from "#domain/guest/put-to-rest";
import { listGuests } from "#domain/guest/record";
import { restGroups } from "#domain/guest/rest-plan";
import { startGroups } from "#domain/guest/return-plan";
import { hasProcess } from "#domain/guest/state";
import { markForReturn, unmark } from "#domain/guest/return-mark";
import { listPools } from "#domain/volume/pool";
import { leavePools } from "#domain/volume/rbd-pool";
import { listTemplates } from "#domain/template/record";

export interface ShutdownInput {
  readonly guests: boolean;
  readonly uninstall: boolean;
  readonly host?: boolean;
  /** Seconds that all guests get together. */
  readonly timeout?: number;
}

export interface ShutdownParts extends Omit<RestParts, "engine" | "processors"> {
  readonly engine: OperationEngine;
  readonly clock: Clock;
  /** Whether guests may be made and started. */
  readonly admit: (open: boolean) => void;
  /** Resolves when nothing follows from a guest's end any more: one that is to be removed then is gone. */
  readonly followed: () => Promise<void>;
  /** The daemon ends. */
  readonly onShutdown: () => void;
}

/** Seconds that the guests of one number get to shut down, where no time was given. */
const groupTimeout = 90;

/** Milliseconds that it may take to take back what is being made; the next daemon goes on with it. */
const undoLimit = 15_000;

export function defineShutdown(parts: ShutdownParts) {
  const { fleet } = parts;
  const { store, networks, groups } = fleet.parts;
  return defineOperation<ShutdownInput>({
    kind: "host.shutdown",
    steps: [
      {
        name: "guests",
        async do(context) {
          if (!endsGuests(context.input)) return;
          parts.admit(false);
          await endOthersWork(parts.engine, context);
          await restAll(parts, context);
        },
        async undo() {
          parts.admit(true);
          // Who still runs goes on, and is nobody's to bring back; who rests already comes back with the next start.
          for (const { id } of await listGuests(store)) if (fleet.get(id)) await unmark(fleet, id);
        },
      },
      {
        name: "traces",
        async do({ input }) {
          if (!endsGuests(input) || (fleet.size > 0 && !input.uninstall)) return;
          for (const { holder } of await listTemplates(store)) if (holder) await releaseRam(holder);
          for (const id of groups.list()) await clearGroup(groups, id);
          await networks.removeAll();
          await fleet.parts.cells?.closed();
          await leavePools(await listPools(store, fleet.parts.places.layers));
        },
      },
      {
        name: "daemon",
        async do() {
          // After the answer has gone out.
          setTimeout(parts.onShutdown, 100);
        },
      },
    ],
  });
}

const endsGuests = ({ guests, uninstall, host }: ShutdownInput): boolean =>
  guests || uninstall || host === true;

/** What is being made when everything ends is taken back; it would keep a QEMU running. */
async function endOthersWork(
  engine: OperationEngine,
  { operationId, signal }: StepContext<ShutdownInput, object>,
) {
  const makes = ({ id, kind }: Operation) =>
    id !== operationId &&
    /^(guest\.(create|fork)|template\.build|image\.(build|create|import|pull))$/.test(kind);
  const others = (await engine.list()).filter((one) => !hasEnded(one) && makes(one));
  await Promise.all(
    others.map(async ({ id }) => {
      await engine.cancel(id).catch(() => undefined);
      await engine.wait(id, AbortSignal.any([signal, AbortSignal.timeout(undoLimit)])).catch(() => undefined);
    }),
  );
}

async function restAll(parts: ShutdownParts, context: StepContext<ShutdownInput, object>): Promise<void> {
  const { input, signal, progress } = context;
  const { fleet, clock } = parts;
  const all = await listGuests(fleet.parts.store);
  const records = all.filter(({ id, state }) => hasProcess(state) || fleet.get(id));
  if (records.length === 0) return;
  progress({
    message: `${input.host ? "putting to rest" : "shutting down"} ${counted(records.length, "guest")}`,
  });
  const groups = restGroups(
    records.map((record) => (input.host ? record : { ...record, onHostShutdown: "stop" as const })),
    await freeSpace(fleet.parts.places.guests),
  );
  if (input.host) for (const { id } of records) await markForReturn(fleet, id);
  const seconds = input.uninstall ? 0 : (input.timeout ?? groupTimeout * startGroups(records).length);
  const rest = { ...parts, processors: availableParallelism() };
  await putToRest(rest, groups, clock.monotonic() + seconds * 1000, signal);
  await parts.followed();
}
