/**
 * Ends a desktop: what its pool does not keep of it is gone.
 *
 *   (marked as ending, and nobody's, in the transaction that begins the operation)
 *   leave ────────► home ─────────► guest ──────────────────► forget
 *   whoever watches let go of, if   removed; an assigned one  the record
 *   is told why     it has one      is shut down
 *
 * From the mark on its user can have another one, and there is no way back. An assigned guest stays his: of that nothing is
 * marked or forgotten.
 */
import { hasCode, LodgeError } from "#contract/errors";
import type { DesktopLineFromServer } from "#contract/schema/desktop-line";
import { defineOperation, type OperationDefinition } from "#durable/operation/define";
import type { OperationEngine } from "#durable/operation/engine";
import { resultOf } from "#durable/operation/record";
import type { Store, Transaction } from "#durable/store/store";
import { guestKey, guestTarget, type GuestRecord } from "../guest/record.ts";
import type { defineRemove } from "../guest/remove.ts";
import { hasProcess } from "../guest/state.ts";
import type { defineStop } from "../guest/stop.ts";
import { forget } from "./forget.ts";
import {
  desktopKey,
  desktopLostKey,
  desktopOfKey,
  desktopPoolKey,
  type DesktopRecord,
  type PoolRecord,
} from "./record.ts";

export type EndReason = Extract<DesktopLineFromServer, { readonly type: "ended" }>["why"];

export interface EndInput {
  /** As it was marked: its guest, and whose it was. */
  readonly desktop: DesktopRecord;
  readonly keepsGuest: boolean;
  readonly why: EndReason;
}

/** What a desktop has besides its guest: it is written out before that ends, and is another's to have once that is gone. */
export interface Belongings {
  release(desktop: DesktopRecord): Promise<void>;
  letGo(desktop: DesktopRecord): Promise<void>;
}

export interface EndParts {
  readonly store: Store;
  readonly engine: () => Pick<OperationEngine, "start">;
  readonly remove: ReturnType<typeof defineRemove>;
  readonly stop: ReturnType<typeof defineStop>;
  /** Tells whoever watches it why it ends, and disconnects him. */
  readonly leave: (desktop: DesktopRecord, why: EndReason) => Promise<void>;
  readonly belongings: Belongings;
}

/** Seconds that an assigned guest has to shut down before it is switched off. */
const stopTimeout = 90;

export function defineEnd(parts: EndParts) {
  const { store } = parts;
  return defineOperation<EndInput>({
    kind: "desktop.end",
    steps: [
      { name: "leave", commitPoint: true, do: ({ input }) => parts.leave(input.desktop, input.why) },
      {
        name: "home",
        do: async ({ input }) => {
          if (!input.keepsGuest) await parts.belongings.release(input.desktop);
        },
      },
      { name: "guest", do: ({ input }) => endGuest(input) },
      {
        name: "forget",
        do: async ({ input }) => {
          if (input.keepsGuest) return;
          await parts.belongings.letGo(input.desktop);
          await forget(store, input.desktop);
        },
      },
    ],
  });

  async function endGuest({ desktop: { guest }, keepsGuest }: EndInput): Promise<void> {
    if (guest === undefined) return;
    const record = (await store.get(guestKey(guest)))?.value as GuestRecord | undefined;
    if (!record) return;
    if (!keepsGuest) return run(parts.remove, { guest, force: true, snapshots: true }, record);
    if (!hasProcess(record.state)) return;
    try {
      await run(parts.stop, { guest, force: false, timeout: stopTimeout }, record);
    } catch (error) {
      if (!hasCode(error, "guest.stop_timeout")) throw error;
      await run(parts.stop, { guest, force: true, timeout: stopTimeout }, record);
    }
  }

  async function run<Input, S extends object, Result>(
    definition: OperationDefinition<Input, S, Result>,
    input: Input,
    { id, project }: GuestRecord,
  ): Promise<void> {
    const started = await parts.engine().start(definition, input, { targets: [guestTarget(id)], project });
    resultOf(definition, await started.completion);
  }
}

/** What a desktop that ends is, and what is written for that. */
export async function marking(
  store: Store,
  id: string,
  why: EndReason,
): Promise<{ readonly desktop: DesktopRecord; readonly keepsGuest: boolean; readonly changes: Transaction }> {
  const item = await store.get(desktopKey(id));
  const record = item?.value as DesktopRecord | undefined;
  if (!item || !record) throw new LodgeError("desktop.not_found", { desktop: id });
  const pool = (await store.get(desktopPoolKey(record.pool)))?.value as PoolRecord | undefined;
  // Of a pool that is being removed nothing is kept.
  const keepsGuest = pool?.keeps === "guest";
  const { announced: _, ...rest } = record;
  const desktop: DesktopRecord = keepsGuest ? rest : { ...rest, ending: true };
  const of = await store.get(desktopOfKey(record.pool, record.user));
  const free = !keepsGuest && of?.value === id ? of : undefined;
  // What was said of the one before it has been read.
  const lost = free && why !== "lost" ? await store.get(desktopLostKey(record.pool, record.user)) : undefined;
  return {
    desktop,
    keepsGuest,
    changes: {
      compare: [item, ...(free ? [free] : [])].map(({ key, revision }) => ({ key, revision })),
      put: [{ key: item.key, value: desktop }],
      ...(free ? { delete: [free.key, ...(lost ? [lost.key] : [])] } : {}),
    },
  };
}
