/** Settings: how it looks, one's password, and where one is signed in. */
import {
  Button,
  PasswordInput,
  SegmentedControl,
  useMantineColorScheme,
  type MantineColorScheme,
} from "@mantine/core";
import { useMemo, useState } from "react";
import type { Schemas } from "#contract/schemas";
import { useChange } from "../../data/change.ts";
import { useRead } from "../../data/query.ts";
import { useSession } from "../../data/session.tsx";
import { useLanguage, useText } from "../../text/use-text.tsx";
import { choose, languages, type Language } from "../../text/words.ts";
import { Failure } from "../../ui/failure.tsx";
import { tell } from "../../ui/notify.ts";
import { Card, Facts, Page, Section } from "../../ui/page.tsx";
import type { Column } from "../../ui/column.ts";
import { Table } from "../../ui/table.tsx";
import { Since } from "../../ui/time.tsx";
import formStyle from "../image/get.module.css";
import { browserOf } from "./browser-name.ts";
import { Passkeys } from "./passkeys.tsx";
import { SecondFactor } from "./second-factor.tsx";

export function Settings() {
  const text = useText();
  const person = useSession().data?.kind === "user";
  return (
    <Page title={text.settings.title} narrow>
      <Looks />
      {person && <Password />}
      {person && <SecondFactor />}
      {person && <Passkeys />}
      {person && <Sessions />}
    </Page>
  );
}

function Looks() {
  const { text, chosen } = useLanguage();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <Section title={text.settings.look} hint={text.settings.lookHint}>
      <Card>
        <Facts
          of={[
            [
              text.shell.appearance,
              <SegmentedControl
                size="xs"
                aria-label={text.shell.appearance}
                value={colorScheme}
                onChange={(value) => setColorScheme(value as MantineColorScheme)}
                data={[
                  { value: "auto", label: text.shell.system },
                  { value: "light", label: text.shell.light },
                  { value: "dark", label: text.shell.dark },
                ]}
              />,
            ],
            [
              text.shell.language,
              <SegmentedControl
                size="xs"
                aria-label={text.shell.language}
                value={chosen}
                onChange={(value) => void choose(value as Language)}
                data={Object.entries(languages).map(([value, label]) => ({ value, label }))}
              />,
            ],
          ]}
        />
      </Card>
    </Section>
  );
}

function Password() {
  const text = useText();
  const t = text.settings;
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const { mutate, error, isPending } = useChange("sessionPassword", { quiet: true });
  function submit(): void {
    mutate(
      { body: { current, password: next } },
      {
        onSuccess: () => {
          setCurrent("");
          setNext("");
          tell(t.changed);
        },
      },
    );
  }
  return (
    <Section title={t.password} hint={t.passwordHint}>
      <Card>
        <form
          className={formStyle["form"]}
          onSubmit={(event) => {
            event.preventDefault();
            submit();
          }}
        >
          <PasswordInput
            required
            withAsterisk={false}
            label={t.current}
            autoComplete="current-password"
            value={current}
            onChange={(event) => setCurrent(event.currentTarget.value)}
          />
          <PasswordInput
            required
            withAsterisk={false}
            label={t.next}
            description={text.signIn.passwordHint}
            autoComplete="new-password"
            value={next}
            onChange={(event) => setNext(event.currentTarget.value)}
          />
          {error && <Failure error={error} />}
          <div>
            <Button type="submit" variant="default" loading={isPending}>
              {t.change}
            </Button>
          </div>
        </form>
      </Card>
    </Section>
  );
}

type Session = Schemas["Session"];
const idOf = ({ id }: Session): string => id;

function Sessions() {
  const text = useText();
  const t = text.settings;
  const me = useSession().data?.user ?? "";
  const { data, error } = useRead("sessionList", { query: { user: me } });
  const end = useChange("sessionEnd").mutate;
  const columns = useMemo(
    (): readonly Column<Session>[] => [
      {
        id: "agent",
        header: t.where,
        width: "minmax(140px, 2fr)",
        cell: ({ agent = "", address = "" }) => (
          <span title={agent}>
            {browserOf(agent, t.browserOn)} <span className="mono soft">{address}</span>
          </span>
        ),
      },
      {
        id: "seen",
        header: t.seen,
        width: "110px",
        cell: ({ lastSeenAt }) => (
          <span className="soft">
            <Since at={lastSeenAt} />
          </span>
        ),
      },
      {
        id: "end",
        header: "",
        width: "90px",
        end: true,
        cell: ({ id, current }) =>
          current ? (
            <span className="soft">{t.thisOne}</span>
          ) : (
            <Button size="compact-xs" variant="default" onClick={() => end({ params: { session: id } })}>
              {t.end}
            </Button>
          ),
      },
    ],
    [text, t, end],
  );
  return (
    <Section title={t.sessions} hint={t.sessionsHint}>
      {error && <Failure error={error} />}
      {data && <Table label={t.sessions} rows={data} columns={columns} id={idOf} />}
    </Section>
  );
}
