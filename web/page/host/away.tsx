/** Says above what is known of all hosts which of them do not answer, or that nobody can know it. */
import { useHosts } from "../../data/hosts.ts";
import { timeOfDay } from "../../text/format.ts";
import { useLanguage } from "../../text/use-text.tsx";
import { Warning } from "../../ui/warning.tsx";

export function HostsAway() {
  const { text, language } = useLanguage();
  const { data } = useHosts();
  const knownAt = data?.find((host) => host.knownAt !== undefined)?.knownAt;
  if (knownAt !== undefined) return <Warning>{text.hosts.noQuorum(timeOfDay(knownAt, language))}</Warning>;
  const away = data?.filter(({ answers, witness }) => !answers && !witness) ?? [];
  if (away.length === 0) return null;
  return <Warning>{text.hosts.old(away.map(({ name }) => name).join(", "), away.length)}</Warning>;
}
