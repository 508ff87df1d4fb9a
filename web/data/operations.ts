/** Operations as pages ask for them. */
import { hasEnded, type Operation } from "#contract/operation";
import { useRead } from "./query.ts";

/** As many are kept in sight; older ones are read with `lodge operation ls`. */
const limit = 200;

export const useOperations = () => useRead("operationList", { query: { limit } });

const nothing: readonly Operation[] = [];

/** Those that run or wait. */
export function useRunning(): readonly Operation[] {
  const { data } = useOperations();
  return data?.filter((operation) => !hasEnded(operation)) ?? nothing;
}

/** The id in a target: "guest:g0123456789". */
export const targetId = (target: string): string => target.slice(target.indexOf(":") + 1);

/** Of the step that runs and those that are done, as a share; the operation's own word where it has one. */
export function progressOf({ status, progress, stepsDone, stepCount }: Operation): number {
  if (status === "succeeded") return 1;
  return progress.fraction ?? (stepCount === 0 ? 0 : stepsDone.length / stepCount);
}
