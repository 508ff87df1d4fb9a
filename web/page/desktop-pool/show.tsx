/** One desktop pool: how it stands, what it allows, its standbys, and who has a desktop of it. */
import { Button } from "@mantine/core";
import { IconPencil, IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import { Link, useNavigate, useParams } from "react-router";
import type { DesktopPool } from "#contract/schema/desktop-pool";
import { useChange } from "../../data/change.ts";
import { guestPath } from "../../data/project.ts";
import { useRead } from "../../data/query.ts";
import { useMay } from "../../data/session.tsx";
import { useText } from "../../text/use-text.tsx";
import { Confirm } from "../../ui/confirm.tsx";
import { CopyLine } from "../../ui/copy-line.tsx";
import { Failure } from "../../ui/failure.tsx";
import { Loading } from "../../ui/loading.tsx";
import { Card, Columns, Page, Section } from "../../ui/page.tsx";
import type { Question } from "../../ui/question.ts";
import { GuestState } from "../../ui/state.tsx";
import { Since } from "../../ui/time.tsx";
import { Warning } from "../../ui/warning.tsx";
import { figuresEvery } from "../help-desk/figures.ts";
import { DesktopTable } from "../help-desk/table.tsx";
import { AboutPool, RulesOf } from "./about.tsx";
import { DesktopPoolForm } from "./form.tsx";
import style from "./show.module.css";

export function DesktopPoolShow() {
  const { desktopPool: ref = "" } = useParams();
  const t = useText().desktopPools;
  const read = useRead("desktopPoolGet", { params: { desktopPool: ref } });
  const { data: pool, error, refetch } = read;
  const desktops = useRead("desktopList", { query: { pool: ref } }, { every: figuresEvery });
  const [asked, setAsked] = useState<Question>();
  const [editing, setEditing] = useState(false);
  if (!pool) {
    return (
      <Page title={ref}>{error ? <Failure error={error} retry={() => void refetch()} /> : <Loading />}</Page>
    );
  }
  return (
    <Page title={pool.title} actions={<Actions pool={pool} ask={setAsked} edit={() => setEditing(true)} />}>
      {pool.ails && <Ails of={pool.ails} />}
      <HandOut pool={pool} />
      <Columns>
        <Card>
          <AboutPool pool={pool} />
        </Card>
        <Card>
          <RulesOf pool={pool} />
        </Card>
      </Columns>
      <Section title={t.desktops} hint={t.desktopsHint}>
        {desktops.data?.length === 0 && <p className="soft">{t.noDesktops}</p>}
        {desktops.data && desktops.data.length > 0 && <DesktopTable desktops={desktops.data} />}
      </Section>
      <Standbys pool={pool} />
      {editing && <DesktopPoolForm pool={pool} close={() => setEditing(false)} />}
      <Confirm question={asked} close={() => setAsked(undefined)} />
    </Page>
  );
}

/** What its people are sent. */
function HandOut({ pool }: { readonly pool: DesktopPool }) {
  const t = useText().desktopPools;
  const address = `${location.origin}/desktops/${pool.name}`;
  return (
    <Section title={t.handOut} hint={t.handOutHint}>
      <CopyLine label={t.forPeople} value={address} />
      <CopyLine label={t.forKiosk} value={`${address}?kiosk`} />
    </Section>
  );
}

/** Why no standbys are made. */
function Ails({ of: { message, hint, at } }: { readonly of: NonNullable<DesktopPool["ails"]> }) {
  return (
    <Warning>
      {message} {hint} <Since at={at} />
    </Warning>
  );
}

function Standbys({ pool }: { readonly pool: DesktopPool }) {
  const t = useText().desktopPools;
  const guests = useRead("guestList", {}, { whole: true }).data?.filter(
    ({ desktop }) => desktop?.pool === pool.id && desktop.state !== "taken",
  );
  return (
    <Section title={t.standbys} hint={t.standbysHint(pool.ready, pool.making, pool.standby.count)}>
      {guests?.length === 0 && <p className="soft">{t.noStandbys}</p>}
      {guests && guests.length > 0 && (
        <ul className={style["standbys"]}>
          {guests.map((guest) => (
            <li key={guest.id}>
              <Link to={guestPath(guest)}>{guest.name}</Link>
              <GuestState state={guest.state} />
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}

interface ActionsProps {
  readonly pool: DesktopPool;
  ask(question: Question): void;
  edit(): void;
}

function Actions({ pool, ask, edit }: ActionsProps) {
  const text = useText();
  const t = text.desktopPools;
  const navigate = useNavigate();
  const may = useMay("operator");
  const remove = useChange("desktopPoolDelete").mutate;
  if (!may) return null;
  const inUse = pool.desktops > 0;
  return (
    <>
      <Button variant="default" leftSection={<IconPencil size={14} />} onClick={edit}>
        {t.change}
      </Button>
      <Button
        variant="default"
        c="var(--bad)"
        leftSection={<IconTrash size={14} />}
        onClick={() =>
          ask({
            title: t.removeTitle(pool.title),
            warning: inUse ? t.removeInUse(pool.desktops) : t.removeWarning,
            action: text.common.remove,
            name: pool.name,
            confirm: () =>
              remove(
                { params: { desktopPool: pool.id }, query: inUse ? { force: true } : {} },
                { onSuccess: () => void navigate("/desktop-pools", { replace: true }) },
              ),
          })
        }
      >
        {text.common.remove}
      </Button>
    </>
  );
}
