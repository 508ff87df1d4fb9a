/** How a webhook goes, in a word. */
import type { Schemas } from "#contract/schemas";
import { useText } from "../../text/use-text.tsx";
import { Dot } from "../../ui/state.tsx";

const tones = { active: "good", failing: "bad", paused: "idle" } as const;

export function WebhookState({ webhook: { state, paused } }: { readonly webhook: Schemas["Webhook"] }) {
  const tone = paused === "failed" || paused === "gone" ? "warn" : tones[state];
  return <Dot tone={tone}>{useText().webhooks.states[state]}</Dot>;
}
