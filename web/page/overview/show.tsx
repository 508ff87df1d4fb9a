/** Capacity, who uses it, and what needs attention. */
import { Button } from "@mantine/core";
import { useMemo, type ReactNode } from "react";
import { Link } from "react-router";
import type { Schemas } from "#contract/schemas";
import { useEvents } from "../../data/events.ts";
import { useRead } from "../../data/query.ts";
import { hostId, useUsage } from "../../data/usage.ts";
import { bytes, integer, percent } from "../../text/format.ts";
import { useLanguage, useText } from "../../text/use-text.tsx";
import { Empty } from "../../ui/empty.tsx";
import { EventLines } from "../../ui/event-lines.tsx";
import { Failure } from "../../ui/failure.tsx";
import { inCluster } from "../../ui/host-column.tsx";
import { Loading } from "../../ui/loading.tsx";
import { Meter } from "../../ui/meter.tsx";
import { Columns, Page, Section } from "../../ui/page.tsx";
import { GuestRows } from "./guest-rows.tsx";
import style from "./show.module.css";

type Guest = Schemas["Guest"];
type Host = Schemas["Host"];

/** Those that hold memory. */
const runs = ({ state }: Guest): boolean =>
  state === "running" || state === "paused" || state === "starting" || state === "stopping";

export function Overview() {
  const text = useText();
  const host = useRead("hostGet");
  const guests = useRead("guestList");
  const error = host.error ?? guests.error;
  return (
    <Page title={text.overview.title}>
      {error && <Failure error={error} retry={() => void host.refetch()} />}
      {(!host.data || !guests.data) && !error && <Loading />}
      {host.data && guests.data && <Everything host={host.data} guests={guests.data} />}
    </Page>
  );
}

function Everything({ host, guests }: { readonly host: Host; readonly guests: readonly Guest[] }) {
  const { text } = useLanguage();
  const t = text.overview;
  const crashed = guests.filter(({ state }) => state === "crashed");
  const events = useEvents().data?.slice(0, 12) ?? [];
  return (
    <>
      {inCluster(guests) ? (
        <Section title={`${text.hosts.one} ${host.name}`} hint={text.hosts.thisOne}>
          <Figures host={host} guests={guests.filter((guest) => guest.host === host.name)} />
        </Section>
      ) : (
        <Figures host={host} guests={guests} />
      )}
      {crashed.length > 0 && (
        <Section title={t.attention}>
          <GuestRows guests={crashed} />
        </Section>
      )}
      <Columns>
        <Section title={t.top} hint={t.topHint}>
          <Top guests={guests} />
        </Section>
        <Section title={t.recent}>
          {events.length > 0 ? <EventLines events={events} /> : <p className="soft">{t.nothing}</p>}
        </Section>
      </Columns>
    </>
  );
}

function Figures({ host, guests }: { readonly host: Host; readonly guests: readonly Guest[] }) {
  const { text, language } = useLanguage();
  const t = text.overview;
  const running = guests.filter(runs);
  const promised = running.reduce((sum, { memory }) => sum + memory, 0);
  const cpus = running.reduce((sum, guest) => sum + guest.cpus, 0);
  const now = useUsage(hostId).at(-1);
  const used = now?.memory ?? host.memory - host.memoryAvailable;
  return (
    <dl className={style["figures"]}>
      <Figure
        label={t.guests}
        value={integer(running.length, language)}
        more={t.running(running.length, guests.length)}
      />
      <Figure
        label={t.memory}
        value={percent(used / host.memory, language)}
        more={t.inUse(bytes(used, language), bytes(host.memory, language))}
      >
        <Meter label={t.memory} share={used / host.memory} />
        <span className="soft">{t.promised(bytes(promised, language))}</span>
      </Figure>
      <Figure
        label={t.processors}
        value={now ? percent(now.cpu / host.cpus, language) : integer(host.cpus, language)}
        more={t.cpusPromised(cpus, host.cpus)}
      >
        {now && <Meter label={t.processors} share={now.cpu / host.cpus} />}
      </Figure>
      <Figure label={t.disk} value={bytes(host.diskFree, language)} more={host.home ?? ""} />
    </dl>
  );
}

interface FigureProps {
  readonly label: string;
  readonly value: string;
  readonly more: string;
  readonly children?: ReactNode;
}

function Figure({ label, value, more, children }: FigureProps) {
  return (
    <div className={style["figure"]}>
      <dt>{label}</dt>
      <dd>
        <span className={style["value"]}>{value}</span>
        <span className="soft">{more}</span>
        {children}
      </dd>
    </div>
  );
}

/** As many are shown. */
const most = 10;

function Top({ guests }: { readonly guests: readonly Guest[] }) {
  const text = useText();
  const top = useMemo(
    () =>
      guests
        .filter(runs)
        .toSorted((a, b) => b.memory - a.memory)
        .slice(0, most),
    [guests],
  );
  if (top.length === 0) {
    return (
      <Empty
        title={text.overview.nobody}
        hint={text.overview.nobodyHint}
        action={
          <Button component={Link} to="/guests/new">
            {text.guests.create}
          </Button>
        }
      />
    );
  }
  return <GuestRows guests={top} />;
}
