/** Says which hosts' things are missing from lists, because they did not answer. */
import type { ReadName } from "../data/api.ts";
import { useUnanswered } from "../data/unanswered.ts";
import { useText } from "../text/use-text.tsx";
import { Warning } from "./warning.tsx";

export const Unanswered = ({ of }: { readonly of: readonly ReadName[] }) => (
  <WithoutHosts hosts={useUnanswered(of)} />
);

export function WithoutHosts({ hosts }: { readonly hosts: readonly string[] }) {
  const text = useText();
  if (hosts.length === 0) return null;
  return <Warning>{text.hosts.unanswered(hosts.join(", "), hosts.length)}</Warning>;
}
