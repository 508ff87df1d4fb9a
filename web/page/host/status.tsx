/** How the cluster is, in plain words, and what to do where something is to be done. */
import type { Schemas } from "#contract/schemas";
import { useRead } from "../../data/query.ts";
import { timeOfDay } from "../../text/format.ts";
import { useLanguage } from "../../text/use-text.tsx";
import { Card, Section } from "../../ui/page.tsx";
import { Dot } from "../../ui/state.tsx";

const tones = { alone: "idle", well: "good", weakened: "warn", stopped: "bad" } as const satisfies Record<
  Schemas["ClusterStatus"]["state"],
  string
>;

/** Milliseconds: hosts' own frames come by the feed, but what etcd has to say is asked for. */
const every = 10_000;

export function ClusterStatus() {
  const { text, language } = useLanguage();
  const t = text.cluster;
  const { data } = useRead("clusterGet", {}, { every });
  if (!data || data.state === "alone") return null;
  return (
    <Section title={t.status}>
      <Card>
        <Dot tone={tones[data.state]}>{t.states[data.state]}</Dot>
        {data.says.map((line) => (
          <p key={line} style={{ marginTop: 8 }}>
            {line}
          </p>
        ))}
        {data.knownAt && <p className="soft">{text.hosts.asOf(timeOfDay(data.knownAt, language))}</p>}
        {data.advice.length > 0 && (
          <ul aria-label={t.advice} style={{ margin: "12px 0 0", paddingLeft: 18 }}>
            {data.advice.map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ul>
        )}
      </Card>
    </Section>
  );
}
