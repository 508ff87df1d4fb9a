/** What a host says of itself: what it is, what it can do, and how to mend what it cannot. */
import { Button } from "@mantine/core";
import { useRead } from "../../data/query.ts";
import { useMayOnHost } from "../../data/session.tsx";
import { bytes } from "../../text/format.ts";
import { useLanguage, useText } from "../../text/use-text.tsx";
import { Failure } from "../../ui/failure.tsx";
import { Loading } from "../../ui/loading.tsx";
import { Card, Facts, Section } from "../../ui/page.tsx";
import { Dot } from "../../ui/state.tsx";
import { Since } from "../../ui/time.tsx";
import logStyle from "../guest/logs.module.css";
import style from "./checks.module.css";
import { Promised, type OfHost } from "./promise.tsx";

export function HostDetail({ host: of }: OfHost) {
  const { text, language } = useLanguage();
  const t = text.host;
  const { data: host, error, refetch } = useRead("hostGet", {}, { host: of });
  const mayReadLog = useMayOnHost("admin");
  const seesHost = useMayOnHost("viewer");
  const rest = (
    <>
      <Checks host={of} />
      {mayReadLog && <Log host={of} />}
    </>
  );
  return (
    <>
      {error && !host && <Failure error={error} retry={() => void refetch()} />}
      {!host && !error && <Loading />}
      {host && (
        <Section title={t.facts}>
          <Card>
            <Facts
              of={[
                [t.version, host.version],
                [t.qemu, host.qemu],
                [t.accelerator, host.accelerator.toUpperCase()],
                [t.why, host.acceleratorReason],
                [t.processors, String(host.cpus)],
                [
                  text.overview.memory,
                  text.guest.free(bytes(host.memoryAvailable, language), bytes(host.memory, language)),
                ],
                [text.overview.disk, bytes(host.diskFree, language)],
                [t.home, <span className="mono">{host.home}</span>],
                [t.tag, <span className="mono">{host.tag}</span>],
                [t.privileged, host.privileged ? text.common.yes : text.common.no],
                [t.started, <Since at={host.startedAt} />],
              ]}
            />
          </Card>
        </Section>
      )}
      {host && seesHost ? <Promised host={of}>{rest}</Promised> : (host ?? error) && rest}
    </>
  );
}

const tones = { ok: "good", warning: "warn", missing: "bad" } as const;

function Checks({ host }: OfHost) {
  const text = useText();
  const t = text.host;
  const { data, error, refetch, isFetching } = useRead("hostDoctor", {}, { host });
  const again = (
    <Button variant="default" loading={isFetching} onClick={() => void refetch()}>
      {text.common.refresh}
    </Button>
  );
  return (
    <Section title={t.checks} actions={again}>
      {error && <Failure error={error} />}
      {!data && !error && <Loading />}
      <ul className={style["checks"]}>
        {data?.map(({ name, status, summary, fix }) => (
          <li key={name} className={style["check"]}>
            <Dot tone={tones[status]}>{t.status[status]}</Dot>
            <b>{name}</b>
            <div>
              {summary}
              {fix !== undefined && (
                <p className={style["fix"]}>
                  {t.fix}: {fix}
                </p>
              )}
            </div>
          </li>
        ))}
      </ul>
    </Section>
  );
}

/** Lines. */
const tail = 200;

function Log({ host }: OfHost) {
  const text = useText();
  const { data, error, refetch, isFetching } = useRead("hostLogs", { query: { tail } }, { host });
  const above = useRead("hostDoctor", {}, { host });
  const again = (
    <Button variant="default" loading={isFetching} onClick={() => void refetch()}>
      {text.common.refresh}
    </Button>
  );
  // It would be pushed down by what comes after it.
  if (!above.data && !above.error) return null;
  return (
    <Section title={text.host.log} actions={again}>
      {error && <Failure error={error} />}
      {data?.trim() === "" && <p className="soft">{text.host.logEmpty}</p>}
      {data !== undefined && data.trim() !== "" && (
        <pre className={logStyle["log"]} tabIndex={0} aria-label={text.host.log}>
          {data}
        </pre>
      )}
    </Section>
  );
}
