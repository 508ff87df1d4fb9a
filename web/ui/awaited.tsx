/** In place of what is asked for: that it is coming, or why it did not. Nothing once it is there. */
import type { LodgeError } from "#contract/errors";
import { Failure } from "./failure.tsx";
import { Loading } from "./loading.tsx";

interface AwaitedProps {
  readonly data: unknown;
  readonly error: LodgeError | null;
  readonly refetch: () => unknown;
}

export function Awaited({ data, error, refetch }: AwaitedProps) {
  if (data !== undefined) return null;
  return error ? <Failure error={error} retry={() => void refetch()} /> : <Loading />;
}
