/** How a host of the cluster is. */
import type { Schemas } from "#contract/schemas";
import { hostState } from "../../data/hosts.ts";
import { timeOfDay } from "../../text/format.ts";
import { useLanguage } from "../../text/use-text.tsx";
import { Dot } from "../../ui/state.tsx";

const tones = { answers: "good", away: "bad", unknown: "idle", draining: "busy", drained: "idle" } as const;

export function HostState({ host }: { readonly host: Schemas["ClusterHost"] }) {
  const state = hostState(host);
  const { text, language } = useLanguage();
  const { states, asOf } = text.hosts;
  const title = host.knownAt && asOf(timeOfDay(host.knownAt, language));
  return (
    <span title={title}>
      <Dot tone={tones[state]}>{states[state]}</Dot>
    </span>
  );
}
