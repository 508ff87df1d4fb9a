/** One host of the cluster: how it is, what is on it, what happened there, and what it says of itself. */
import type { Schemas } from "#contract/schemas";
import { Button } from "@mantine/core";
import { useState } from "react";
import { Link, useParams } from "react-router";
import { LodgeError } from "#contract/errors";
import { useEvents } from "../../data/events.ts";
import { useHosts } from "../../data/hosts.ts";
import { useRead } from "../../data/query.ts";
import { useMayOnHost } from "../../data/session.tsx";
import { bytes } from "../../text/format.ts";
import { useLanguage, useText } from "../../text/use-text.tsx";
import { EventLines } from "../../ui/event-lines.tsx";
import { Failure } from "../../ui/failure.tsx";
import { Loading } from "../../ui/loading.tsx";
import { Card, Columns, Facts, Page, Section } from "../../ui/page.tsx";
import { Since } from "../../ui/time.tsx";
import { Warning } from "../../ui/warning.tsx";
import { Budget } from "../template/budget.tsx";
import { actOf, HostDialog, HostMenu, type Doing } from "./actions.tsx";
import { HostDetail } from "./detail.tsx";
import { GuestsOf } from "./guests-of.tsx";
import { PromisedShare } from "./promised-share.tsx";
import { HostState } from "./state.tsx";

type ClusterHost = Schemas["ClusterHost"];

export function HostShow() {
  const { host: name = "" } = useParams();
  const { data, error, refetch } = useHosts();
  const host = data?.find((one) => one.name === name || one.id === name);
  if (host) return <Shown key={host.id} host={host} />;
  const missing = data ? new LodgeError("cluster.host_not_found", { host: name }) : error;
  return (
    <Page title={name}>
      {missing ? <Failure error={missing} retry={() => void refetch()} /> : <Loading />}
    </Page>
  );
}

function Shown({ host }: { readonly host: ClusterHost }) {
  const text = useText();
  const t = text.hosts;
  const [doing, setDoing] = useState<Doing>();
  const act = actOf(host);
  const may = useMayOnHost("admin");
  const { name, answers, witness } = host;
  return (
    <Page
      title={name}
      beside={
        <>
          <HostState host={host} />
          {host.here && <span className="soft">{t.here}</span>}
        </>
      }
      actions={
        may && (
          <>
            {act && (
              <Button variant="default" onClick={() => setDoing({ act, host })}>
                {text.drain[act]}
              </Button>
            )}
            <HostMenu host={host} act={setDoing} />
          </>
        )
      }
    >
      {!answers && (
        <Warning>
          <b>{t.noAnswer(name)}</b>
          <p>{t.noAnswerHint}</p>
        </Warning>
      )}
      <Columns>
        <Section title={text.place.title}>
          <Card>
            <About host={host} />
          </Card>
        </Section>
        <Lately host={name} />
      </Columns>
      {!witness && <GuestsOf host={name} />}
      {answers && !witness && <Pools host={name} />}
      {answers && !witness && <Budget host={name} />}
      {answers && <HostDetail host={name} />}
      <HostDialog doing={doing} close={() => setDoing(undefined)} />
    </Page>
  );
}

function About({ host }: { readonly host: ClusterHost }) {
  const text = useText();
  const t = text.hosts;
  const { name, answers, awaySince, voter, witness, labels = {}, taints = [] } = host;
  return (
    <Facts
      of={[
        [t.awaySince, awaySince && <Since at={awaySince} />],
        [t.address, <span className="mono">{host.address}</span>],
        [t.version, host.version],
        [t.voter, witness ? t.witness : voter ? text.common.yes : text.common.no],
        [t.memoryPromised, answers && !witness ? <PromisedShare host={name} /> : undefined],
        [t.labels, Object.entries(labels).map(labelWords).join(", ")],
        [t.taints, taints.join(", ")],
        [t.joined, <Since at={host.joinedAt} />],
      ]}
    />
  );
}

const labelWords = ([key, value]: [string, string]): string => (value === "" ? key : `${key}=${value}`);

/** As many events are shown. */
const most = 10;

function Lately({ host }: { readonly host: string }) {
  const t = useText().hosts;
  const { data } = useEvents();
  const events = data?.filter((event) => event.host === host).slice(0, most);
  if (!events) return null;
  return (
    <Section title={t.lastly}>
      {events.length > 0 ? <EventLines events={events} /> : <p className="soft">{t.nothing}</p>}
    </Section>
  );
}

function Pools({ host }: { readonly host: string }) {
  const { text, language } = useLanguage();
  const { data } = useRead("poolList", {}, { every: 30_000 });
  const pools = data?.filter((pool) => pool.host === host) ?? [];
  if (pools.length === 0) return null;
  const room = ({ free, size }: (typeof pools)[number]) =>
    text.guest.free(bytes(free, language), bytes(size, language));
  return (
    <Section title={text.hosts.pools}>
      <Card>
        <Facts
          of={pools.map((pool) => [
            pool.name,
            pool.state === "ready" ? (
              <Link to="/volumes">{room(pool)}</Link>
            ) : (
              <span className="bad">{pool.reason ?? text.pools.unusable}</span>
            ),
          ])}
        />
      </Card>
    </Section>
  );
}
