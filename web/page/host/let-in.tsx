/** Lets one guest come to this host from outside its cluster, and says whose those are whose source is lost. */
import { Button, CopyButton, Group } from "@mantine/core";
import { useEffect } from "react";
import type { Schemas } from "#contract/schemas";
import { useChange } from "../../data/change.ts";
import { useRead } from "../../data/query.ts";
import { moment } from "../../text/format.ts";
import { useLanguage, useText } from "../../text/use-text.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Failure } from "../../ui/failure.tsx";
import { Loading } from "../../ui/loading.tsx";
import style from "../session/card.module.css";

export function LetIn({ close }: { close(): void }) {
  const { text, language } = useLanguage();
  const t = text.arrivals;
  const { mutate, data, error } = useChange("arrivalToken", { quiet: true });
  useEffect(() => mutate({ body: {} }), [mutate]);
  return (
    <Dialog opened onClose={close} title={t.title} closeOnClickOutside={false} size="lg">
      <p>{t.hint}</p>
      {error && <Failure error={error} retry={() => mutate({ body: {} })} />}
      {!data && !error && <Loading rows={2} />}
      {data && (
        <>
          <code
            className={`mono ${style["command"]}`}
            style={{ overflowWrap: "anywhere", whiteSpace: "pre-wrap" }}
          >
            {data.token}
          </code>
          <p className="soft">
            {text.cluster.addUntil} {moment(data.expiresAt, language)}
          </p>
        </>
      )}
      <Waiting />
      <Group justify="flex-end" mt="lg" gap="xs">
        {data && (
          <CopyButton value={data.token}>
            {({ copied, copy }) => (
              <Button variant="default" onClick={copy}>
                {copied ? text.common.copied : t.copy}
              </Button>
            )}
          </CopyButton>
        )}
        <Button onClick={close}>{text.common.close}</Button>
      </Group>
    </Dialog>
  );
}

/** Those that are here whole, and of which nobody has said yet whose they are. */
function Waiting() {
  const t = useText().arrivals;
  const { data, refetch } = useRead("arrivalList");
  const waiting = data?.filter(({ state }) => state === "waiting") ?? [];
  if (waiting.length === 0) return null;
  return (
    <section aria-label={t.waiting}>
      <h3>{t.waiting}</h3>
      <p className="soft">{t.waitingHint}</p>
      {waiting.map((arrival) => (
        <Settled key={arrival.id} arrival={arrival} onSettled={() => void refetch()} />
      ))}
    </section>
  );
}

function Settled({
  arrival: { id, guest, from = "" },
  onSettled,
}: {
  readonly arrival: Schemas["Arrival"];
  onSettled(): void;
}) {
  const t = useText().arrivals;
  const settle = useChange("arrivalSettle", { quiet: true });
  const say = (take: boolean) =>
    settle.mutate({ params: { arrival: id }, body: { take } }, { onSuccess: onSettled });
  return (
    <>
      <Group gap="xs">
        <span>{t.one(guest?.name ?? id, from)}</span>
        <Button variant="default" loading={settle.isPending} onClick={() => say(true)}>
          {t.take}
        </Button>
        <Button variant="default" disabled={settle.isPending} onClick={() => say(false)}>
          {t.drop}
        </Button>
      </Group>
      {settle.error && <Failure error={settle.error} />}
    </>
  );
}
