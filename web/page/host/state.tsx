/** How a host of the cluster is. */
import type { Schemas } from "#contract/schemas";
import { hostState } from "../../data/hosts.ts";
import { useText } from "../../text/use-text.tsx";
import { Dot } from "../../ui/state.tsx";

const tones = { answers: "good", away: "bad", draining: "busy", drained: "idle" } as const;

export function HostState({ host }: { readonly host: Schemas["ClusterHost"] }) {
  const state = hostState(host);
  return <Dot tone={tones[state]}>{useText().hosts.states[state]}</Dot>;
}
