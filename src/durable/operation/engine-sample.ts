/** What the engine's tests have in common. */
import { systemClock } from "#base/clock";
import { silentLog } from "#base/log";
import { MemoryStore } from "../store/memory.ts";
import { type AnyOperation, defineOperation, OperationRegistry, type StepContext } from "./define.ts";
import { type EngineOptions, OperationEngine } from "./engine.ts";

/** An engine that has recovered. */
export async function makeEngine(definitions: AnyOperation[], options: Partial<EngineOptions> = {}) {
  const store = options.store ?? new MemoryStore();
  const registry = new OperationRegistry().add(...definitions);
  const engine = new OperationEngine({
    store,
    registry,
    clock: systemClock,
    log: silentLog,
    pauses: [0],
    ...options,
  });
  const recovered = await engine.recover();
  return { engine, store, recovered };
}

/** An operation of one step that a test opens and closes. */
export function makeGate(cancellable = true) {
  const entered = Promise.withResolvers<StepContext<unknown, object>>();
  const opened = Promise.withResolvers<void>();
  const undone: string[] = [];
  const definition = defineOperation<string, object, string>({
    kind: "gate.pass",
    steps: [
      {
        name: "wait",
        cancellable,
        do: async (context) => {
          entered.resolve(context);
          const aborted = new Promise<never>((_, reject) => {
            context.signal.addEventListener("abort", () => reject(context.signal.reason), { once: true });
          });
          await Promise.race([opened.promise, aborted]);
        },
        undo: async ({ input }) => void undone.push(input),
      },
    ],
    result: ({ input }) => `${input} passed`,
  });
  return { definition, entered: entered.promise, open: opened.resolve, undone };
}
