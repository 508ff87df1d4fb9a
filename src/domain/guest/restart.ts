/**
 * Restarts a guest: a stop and a start under one lock, so that nothing comes between. A guest that has ended
 * and cannot start again stays stopped, and the error says why.
 */
import { defineOperation, type StepContext } from "#durable/operation/define";
import type { Guest } from "#contract/schema/guest";
import type { defineStart } from "./start.ts";
import type { defineStop, StopInput } from "./stop.ts";

/** The steps of both, each seeing its own input and a state that both share. */
export function defineRestart(stop: ReturnType<typeof defineStop>, start: ReturnType<typeof defineStart>) {
  type State = { readonly shown: Guest };
  const [first] = stop.steps;
  return defineOperation<StopInput, State, { guest: Guest }>({
    kind: "guest.restart",
    steps: [
      {
        ...first!,
        commitPoint: false,
        do: async (context: StepContext<StopInput, State>) =>
          first!.do({ ...context, commit: async () => undefined }),
      },
      ...start.steps.map((step) => ({
        ...step,
        name: `start: ${step.name}`,
        do: async (context: StepContext<StopInput, State>) => step.do(context as never),
        ...(step.undo
          ? {
              undo: (context: StepContext<StopInput, State>) => step.undo!(context as never),
            }
          : {}),
      })),
    ],
    result: ({ state }) => ({ guest: state.shown! }),
  });
}
