/**
 * Has this host take guests again after a drain, and those back that went elsewhere by it:
 *
 *   mark ──► wish (cluster/returns/GUEST, for whoever has it) ──► wait until each has come, or cannot ──► forget the drain
 */
import { counted } from "#base/counted";
import { defineOperation, type StepContext } from "#durable/operation/define";
import { follow } from "#durable/store/follow";
import type { Store } from "#durable/store/store";
import { setState } from "./drain.ts";
import { drainKey, drainOf, returnKey, returnPrefix, type ReturnWish } from "./record.ts";

export interface ResumeInput {
  /** Guests that went elsewhere stay there. */
  readonly stay: boolean;
}

export interface ResumeParts {
  /** What all share. */
  readonly store: Store;
  /** This host's id. */
  readonly host: string;
  /** Is it some host's, and not this one's already? */
  readonly isElsewhere: (guest: string) => boolean;
}

interface State {
  readonly wished: readonly string[];
}

export function defineResume(parts: ResumeParts) {
  const { store, host, isElsewhere } = parts;
  return defineOperation<ResumeInput, State>({
    kind: "host.resume",
    resume: "forward",
    steps: [
      { name: "mark", do: () => setState(store, host, "active") },
      {
        name: "wish",
        async do({ input }) {
          const moved = (await drainOf(store, host))?.moved ?? [];
          const back = input.stay ? [] : moved.filter(({ guest }) => isElsewhere(guest));
          for (const { guest, name } of back) {
            const value: ReturnWish = { to: host, name };
            await store.transact({ put: [{ key: returnKey(guest), value }] });
          }
          return { wished: back.map(({ guest }) => guest) };
        },
        undo: () => takeBack(store, host),
      },
      {
        name: "return",
        do: (context) => waitForAll(store, context),
        undo: () => takeBack(store, host),
      },
      {
        name: "forget",
        async do() {
          await store.transact({ delete: [drainKey(host)] });
        },
      },
    ],
  });
}

async function takeBack(store: Store, host: string): Promise<void> {
  const { items } = await store.list(returnPrefix);
  const own = items.filter(({ value }) => (value as ReturnWish).to === host).map(({ key }) => key);
  if (own.length > 0) await store.transact({ delete: own });
}

async function waitForAll(
  store: Store,
  { state, signal, progress }: StepContext<ResumeInput, State>,
): Promise<void> {
  const wished = state.wished ?? [];
  if (wished.length === 0) return;
  const open = new Set<string>();
  for await (const told of follow(store, returnPrefix, signal)) {
    if (told.type === "all") {
      open.clear();
      for (const { key } of told.items) open.add(key);
    } else for (const { type, key } of told.events) if (type === "delete") open.delete(key);
    const left = wished.filter((guest) => open.has(returnKey(guest))).length;
    const done = wished.length - left;
    progress({
      fraction: done / wished.length,
      message: `${done} of ${counted(wished.length, "guest")} came back`,
    });
    if (left === 0) return;
  }
  signal.throwIfAborted();
}
