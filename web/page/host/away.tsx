/** Says above what is known of all hosts which of them do not answer. */
import { useHosts } from "../../data/hosts.ts";
import { useText } from "../../text/use-text.tsx";
import { Warning } from "../../ui/warning.tsx";

export function HostsAway() {
  const text = useText();
  const away = useHosts().data?.filter(({ answers, witness }) => !answers && !witness) ?? [];
  if (away.length === 0) return null;
  return <Warning>{text.hosts.old(away.map(({ name }) => name).join(", "), away.length)}</Warning>;
}
