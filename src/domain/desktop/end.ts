/**
 * Ends a desktop: what its pool does not keep of it is gone.
 *
 *   mark ─commit─► leave ─────────► home ─────────► guest ──────────────────► forget
 *   ending, and    whoever watches  let go of, if   removed; an assigned one  the record
 *   nobody's       is told why      it has one      is shut down
 *
 * From the mark on its user can have another one. An assigned guest stays his: of that nothing is marked or forgotten.
 */
import { hasCode, LodgeError } from "#contract/errors";
import type { DesktopLineFromServer } from "#contract/schema/desktop";
import { defineOperation, type OperationDefinition, type StepContext } from "#durable/operation/define";
import type { OperationEngine } from "#durable/operation/engine";
import { resultOf } from "#durable/operation/record";
import type { Store } from "#durable/store/store";
import { guestKey, guestTarget, type GuestRecord } from "../guest/record.ts";
import type { defineRemove } from "../guest/remove.ts";
import { hasProcess } from "../guest/state.ts";
import type { defineStop } from "../guest/stop.ts";
import { forget } from "./forget.ts";
import { desktopKey, desktopOfKey, poolById, type DesktopRecord } from "./record.ts";

export type EndReason = Extract<DesktopLineFromServer, { readonly type: "ended" }>["why"];

export interface EndInput {
  readonly desktop: string;
  readonly why: EndReason;
}

interface State {
  /** As it was marked; its guest, and whose it was. */
  readonly marked: DesktopRecord;
  readonly keepsGuest: boolean;
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

type Context = StepContext<EndInput, State>;

export function defineEnd(parts: EndParts) {
  const { store } = parts;
  return defineOperation<EndInput, State>({
    kind: "desktop.end",
    steps: [
      { name: "mark", commitPoint: true, do: mark },
      {
        name: "leave",
        do: async ({ input, state }) => {
          if (state.marked) await parts.leave(state.marked, input.why);
        },
      },
      {
        name: "home",
        do: async ({ state }) => {
          if (state.marked && !state.keepsGuest) await parts.belongings.release(state.marked);
        },
      },
      { name: "guest", do: endGuest },
      {
        name: "forget",
        do: async ({ state }) => {
          if (!state.marked || state.keepsGuest) return;
          await parts.belongings.letGo(state.marked);
          await forget(store, state.marked);
        },
      },
    ],
  });

  async function mark({ input, state, save, commit }: Context): Promise<void> {
    // After a crash just behind the commit point this step runs again.
    if (state.marked) return;
    for (;;) {
      const item = await store.get(desktopKey(input.desktop));
      const desktop = item?.value as DesktopRecord | undefined;
      if (!item || !desktop) throw new LodgeError("desktop.not_found", { desktop: input.desktop });
      const keepsGuest = await keepsGuestOf(desktop);
      const { announced: _, ...rest } = desktop;
      const marked: DesktopRecord = keepsGuest ? rest : { ...rest, ending: true };
      const of = desktopOfKey(desktop.pool, desktop.user);
      const own = (await store.get(of))?.value === desktop.id;
      await save({ marked, keepsGuest });
      try {
        await commit({
          compare: [{ key: item.key, revision: item.revision }],
          put: [{ key: item.key, value: marked }],
          ...(own && !keepsGuest ? { delete: [of] } : {}),
        });
        return;
      } catch (error) {
        if (!hasCode(error, "store.conflict")) throw error;
      }
    }
  }

  /** Of a pool that is being removed nothing is kept. */
  async function keepsGuestOf({ pool }: DesktopRecord): Promise<boolean> {
    try {
      return (await poolById(store, pool)).keeps === "guest";
    } catch (error) {
      if (hasCode(error, "desktop_pool.not_found")) return false;
      throw error;
    }
  }

  async function endGuest({ state }: Context): Promise<void> {
    const { marked, keepsGuest } = state;
    if (marked?.guest === undefined) return;
    const { guest } = marked;
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
