/** The steps that take a snapshot of what a guest is now, within an operation that makes it something else. */
import type { Step, StepContext } from "#durable/operation/define";
import type { defineTake, TakeInput } from "./take.ts";

interface KeepInput {
  readonly guest: string;
  /** Its name; none: nothing is kept. */
  readonly keep?: string;
}

type Taking = ReturnType<typeof defineTake>["steps"][number];
type TakeContext = Parameters<Taking["do"]>[0];

/** What its steps save. */
export type Kept = TakeContext["state"];

/** With the memory of a guest that is suspended, which costs nothing, and of no other. */
const takeInput = ({ guest, keep = "" }: KeepInput): TakeInput => ({
  guest,
  name: keep,
  description: "Kept before a restore",
  memory: "suspended",
  freeze: "auto",
});

/** Where they save their end, no point of no return is passed yet: the operation's own comes later. */
export function keeping<Input extends KeepInput, State extends object>(
  take: ReturnType<typeof defineTake>,
): Step<Input, State>[] {
  type Context = StepContext<Input, State>;
  const inner = (context: Context): TakeContext => ({
    ...(context as unknown as TakeContext),
    // A getter, which a copy would freeze.
    get state() {
      return context.state as TakeContext["state"];
    },
    input: takeInput(context.input),
    commit: (changes) => context.save({}, changes),
  });
  return take.steps.map((step) => ({
    name: `keep: ${step.name}`,
    do: async (context: Context) =>
      context.input.keep === undefined ? undefined : ((await step.do(inner(context))) as Partial<State>),
    undo: async (context: Context) =>
      context.input.keep === undefined ? undefined : step.undo?.(inner(context)),
  }));
}
