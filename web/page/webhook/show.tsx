/** One webhook: how it goes, what was sent to it, and what can be done. */
import { ActionIcon, Button, Menu } from "@mantine/core";
import { IconDots, IconPlayerPause, IconPlayerPlay, IconSend } from "@tabler/icons-react";
import { useState } from "react";
import { useNavigate, useParams } from "react-router";
import type { Schemas } from "#contract/schemas";
import { useChange } from "../../data/change.ts";
import { useRead } from "../../data/query.ts";
import { integer, moment } from "../../text/format.ts";
import { useLanguage, useText } from "../../text/use-text.tsx";
import { Confirm } from "../../ui/confirm.tsx";
import { Failure } from "../../ui/failure.tsx";
import { Loading } from "../../ui/loading.tsx";
import { tell } from "../../ui/notify.ts";
import { Card, Facts, Page } from "../../ui/page.tsx";
import type { Question } from "../../ui/question.ts";
import { Secret } from "../../ui/secret.tsx";
import { Since } from "../../ui/time.tsx";
import { Deliveries } from "./deliveries.tsx";
import { WebhookForm } from "./form.tsx";
import { WebhookState } from "./state.tsx";
import { resultOf } from "./words.ts";
import style from "./show.module.css";

type Webhook = Schemas["Webhook"];

export function WebhookShow() {
  const { webhook: ref = "" } = useParams();
  const text = useText();
  const t = text.webhooks;
  const navigate = useNavigate();
  const { data: webhook, error, refetch } = useRead("webhookGet", { params: { webhook: ref } });
  const [secret, setSecret] = useState<string>();
  const [asked, setAsked] = useState<Question>();
  const [editing, setEditing] = useState(false);
  if (!webhook) {
    return (
      <Page title={ref}>{error ? <Failure error={error} retry={() => void refetch()} /> : <Loading />}</Page>
    );
  }
  return (
    <Page
      title={webhook.name}
      beside={<WebhookState webhook={webhook} />}
      actions={<Actions webhook={webhook} ask={setAsked} hand={setSecret} edit={() => setEditing(true)} />}
    >
      <Trouble webhook={webhook} />
      <Card>
        <About webhook={webhook} />
      </Card>
      <Deliveries webhook={webhook.id} />
      {editing && (
        <WebhookForm
          webhook={webhook}
          close={() => setEditing(false)}
          changed={(name) => name !== ref && void navigate(`/webhooks/${name}`, { replace: true })}
        />
      )}
      <Secret title={t.secret} hint={t.secretHint} secret={secret} close={() => setSecret(undefined)} />
      <Confirm question={asked} close={() => setAsked(undefined)} />
    </Page>
  );
}

/** What is wrong, in words, and when it is tried again. */
function Trouble({ webhook: { paused, failure } }: { readonly webhook: Webhook }) {
  const { text, language } = useLanguage();
  const t = text.webhooks;
  if (paused === undefined && !failure) return null;
  return (
    <div className={style["trouble"]} role="status">
      {paused !== undefined && <p>{t.pausedBecause[paused]}</p>}
      {failure && (
        <p>
          {t.failure(failure.tries, failure.reason)}{" "}
          {failure.next !== undefined && t.next(moment(failure.next, language))}
        </p>
      )}
    </div>
  );
}

function About({ webhook }: { readonly webhook: Webhook }) {
  const { text, language } = useLanguage();
  const t = text.webhooks;
  const guests = useRead("guestList").data;
  const {
    url,
    events,
    guest,
    label,
    project,
    waiting,
    lost,
    deliveredAt,
    oldSecretUntil,
    createdAt,
    createdBy,
  } = webhook;
  return (
    <Facts
      of={[
        [t.url, url],
        [t.events, <span className="mono">{events.join(" ")}</span>],
        [t.guest, guest === undefined ? undefined : (guests?.find(({ id }) => id === guest)?.name ?? guest)],
        [t.label, label],
        [t.project, project],
        [t.waiting, integer(waiting, language)],
        [t.delivered, deliveredAt === undefined ? t.never : <Since at={deliveredAt} />],
        [t.lost, lost && t.lostEvents(lost.events)],
        [t.oldSecret, oldSecretUntil && t.until(moment(oldSecretUntil, language))],
        [
          t.made,
          <>
            <Since at={createdAt} />, {createdBy ?? text.tokens.host}
          </>,
        ],
      ]}
    />
  );
}

interface ActionsProps {
  readonly webhook: Webhook;
  ask(question: Question): void;
  hand(secret: string): void;
  edit(): void;
}

function Actions({ webhook, ask, hand, edit }: ActionsProps) {
  const text = useText();
  const t = text.webhooks;
  const navigate = useNavigate();
  const params = { webhook: webhook.id };
  const test = useChange("webhookTest");
  const update = useChange("webhookUpdate");
  const rotate = useChange("webhookRotate").mutate;
  const remove = useChange("webhookDelete").mutate;
  const set = (body: Schemas["WebhookUpdate"]) => update.mutate({ params, body });
  const paused = webhook.state === "paused";
  return (
    <>
      <Button
        variant="default"
        leftSection={<IconSend size={14} />}
        loading={test.isPending}
        onClick={() =>
          test.mutate(
            { params },
            {
              onSuccess: (delivery) => tell(`${delivery.type}: ${resultOf(delivery, text)}`),
            },
          )
        }
      >
        {t.test}
      </Button>
      <Button
        variant={paused ? "filled" : "default"}
        leftSection={paused ? <IconPlayerPlay size={14} /> : <IconPlayerPause size={14} />}
        onClick={() => set({ paused: !paused })}
      >
        {paused ? t.goOn : t.pause}
      </Button>
      <Menu>
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" aria-label={`${text.common.actions}: ${webhook.name}`}>
            <IconDots size={16} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={edit}>{t.change}</Menu.Item>
          <Menu.Item
            disabled={webhook.waiting === 0}
            onClick={() =>
              ask({
                title: t.skipTitle(webhook.waiting),
                warning: t.skipWarning,
                action: t.skip,
                confirm: () => set({ skip: true }),
              })
            }
          >
            {t.skip}
          </Menu.Item>
          <Menu.Item
            onClick={() =>
              ask({
                title: t.rotateTitle,
                warning: t.rotateWarning,
                action: t.rotate,
                confirm: () => rotate({ params, body: {} }, { onSuccess: ({ secret }) => hand(secret) }),
              })
            }
          >
            {t.rotate}
          </Menu.Item>
          <Menu.Divider />
          <Menu.Item
            c="var(--bad)"
            onClick={() =>
              ask({
                title: t.removeTitle(webhook.name),
                warning: t.removeWarning,
                action: text.common.remove,
                name: webhook.name,
                confirm: () => remove({ params }, { onSuccess: () => void navigate("/webhooks") }),
              })
            }
          >
            {text.common.remove}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </>
  );
}
