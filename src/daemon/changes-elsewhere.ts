/** Tells services that keep something of shared records in mind when another host of the cluster has changed them. */
import { keepUp, type KeepUpParts } from "#durable/store/keep-up";

export interface SharedChangesParts extends KeepUpParts {
  /** Called after something below the prefix has changed, one after the other; also by this host itself. */
  readonly told: Readonly<Record<string, () => void | Promise<void>>>;
}

/** Until aborted. */
export function followSharedChanges({ told, ...parts }: SharedChangesParts, signal: AbortSignal): void {
  const missed = "what other hosts change is not heard at the moment";
  for (const [prefix, hear] of Object.entries(told)) void keepUp(parts, { prefix, hear, missed }, signal);
}
