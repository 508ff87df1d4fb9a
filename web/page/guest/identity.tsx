/** What a guest was given at its first start, and what its cloud-init says of it. */
import { Button } from "@mantine/core";
import type { Schemas } from "#contract/schemas";
import { useRead } from "../../data/query.ts";
import { useMay } from "../../data/session.tsx";
import { useText } from "../../text/use-text.tsx";
import { Awaited } from "../../ui/awaited.tsx";
import { Empty } from "../../ui/empty.tsx";
import { Card, Facts, Section } from "../../ui/page.tsx";
import { Dot } from "../../ui/state.tsx";
import logStyle from "./logs.module.css";

const tones: Readonly<Record<string, "good" | "busy" | "bad">> = {
  done: "good",
  running: "busy",
  error: "bad",
};

export function GuestIdentity({ guest }: { readonly guest: Schemas["Guest"] }) {
  const text = useText();
  const t = text.identity;
  const allowed = useMay("operator");
  const { data, error, refetch, isFetching } = useRead(
    "cloudInitGet",
    { params: { guest: guest.id } },
    { enabled: allowed },
  );
  if (!allowed) return <Empty title={t.forOperators} />;
  const again = (
    <Button variant="default" loading={isFetching} onClick={() => void refetch()}>
      {text.common.refresh}
    </Button>
  );
  return (
    <>
      <Awaited data={data} error={error} refetch={refetch} />
      {data && <Told told={data} again={again} />}
    </>
  );
}

interface ToldProps {
  readonly told: Schemas["CloudInit"];
  readonly again: React.ReactNode;
}

function Told({ told, again }: ToldProps) {
  const text = useText();
  const t = text.identity;
  const { status } = told;
  const word = status === undefined ? t.unknown : (t.statuses[status] ?? status);
  return (
    <>
      <Section title={t.cloudInit} actions={again}>
        <Card>
          {told.used ? (
            <Facts
              of={[
                [t.status, <Dot tone={tones[status ?? ""] ?? "idle"}>{word}</Dot>],
                [t.detail, told.detail],
                [t.instance, <span className="mono">{told.instance}</span>],
              ]}
            />
          ) : (
            <p className="soft">{t.absent}</p>
          )}
        </Card>
      </Section>
      <Section title={t.who}>
        <Card>
          <Facts
            of={[
              [text.guest.hostname, <span className="mono">{told.hostname}</span>],
              [t.user, told.user === undefined ? undefined : <span className="mono">{told.user}</span>],
              [t.hostKey, <Key line={told.hostKey} />],
              [
                t.keys,
                told.sshKeys.length === 0 ? (
                  <span className="soft">{t.noKeys}</span>
                ) : (
                  told.sshKeys.map((line) => <Key key={line} line={line} />)
                ),
              ],
            ]}
          />
        </Card>
      </Section>
      <Section title={t.userData} {...(told.userData === undefined ? {} : { hint: t.userDataHint })}>
        {told.userData === undefined ? (
          <p className="soft">{t.noUserData}</p>
        ) : (
          <pre className={logStyle["log"]} tabIndex={0} aria-label={t.userData}>
            {told.userData}
          </pre>
        )}
      </Section>
    </>
  );
}

/** A key is long and of no use to eyes; its kind and its name are. */
const Key = ({ line }: { readonly line: string }) => (
  <span className="mono" style={{ display: "block", overflowWrap: "anywhere" }}>
    {line}
  </span>
);
