/** Empties a host: the plan is shown before anything moves. And lets it take guests again. */
import { Checkbox } from "@mantine/core";
import { useEffect, useState } from "react";
import { Link } from "react-router";
import type { Schemas } from "#contract/schemas";
import { useChange } from "../../data/change.ts";
import { useRead } from "../../data/query.ts";
import { useText } from "../../text/use-text.tsx";
import { Awaited } from "../../ui/awaited.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { FormEnd } from "../../ui/form-end.tsx";
import style from "./drain.module.css";

interface DrainProps {
  /** Its name. */
  readonly host: string;
  close(): void;
}

export function Drain({ host, close }: DrainProps) {
  const text = useText();
  const t = text.drain;
  const { data, error, refetch, isFetching } = useRead("drainPlan", {}, { host });
  // A plan that was shown before is of before.
  useEffect(() => void refetch(), [refetch]);
  const plan = isFetching ? undefined : data;
  const start = useChange("drainStart", { quiet: true });
  const partly = (plan?.stuck.length ?? 0) > 0;
  const nothingGoes = partly && plan?.moves.length === 0;
  return (
    <Dialog opened onClose={close} title={t.title(host)} size="lg">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          start.mutate({ host, body: partly ? { partly } : {} }, { onSuccess: close });
        }}
      >
        <p className="soft" style={{ marginBottom: 16 }}>
          {plan?.moves.length === 0 && !partly ? t.empty : t.hint}
        </p>
        <Awaited data={plan} error={isFetching ? null : error} refetch={refetch} />
        {plan && <Plan plan={plan} />}
        <FormEnd
          action={partly ? t.beginSome : t.begin}
          close={close}
          error={start.error}
          pending={start.isPending}
          disabled={!plan || nothingGoes}
        />
      </form>
    </Dialog>
  );
}

function Plan({ plan: { moves, stuck } }: { readonly plan: Schemas["DrainPlan"] }) {
  const t = useText().drain;
  return (
    <>
      {stuck.length > 0 && (
        <section aria-label={t.stuck(stuck.length)}>
          <h3 className={style["head"]}>{t.stuck(stuck.length)}</h3>
          <p className="soft">{t.stuckHint}</p>
          <ul className={style["list"]}>
            {stuck.map(({ guest, name, reason, fix }) => (
              <li key={guest} className={style["stuck"]}>
                <Link to={`/guests/${guest}`}>{name}</Link>
                <div>
                  {reason}
                  <p className="soft">{fix}</p>
                </div>
              </li>
            ))}
          </ul>
        </section>
      )}
      {moves.length > 0 && (
        <section aria-label={t.moves(moves.length)}>
          <h3 className={style["head"]}>{t.moves(moves.length)}</h3>
          <ul className={`${style["list"]} ${style["long"]}`} tabIndex={0}>
            {moves.map(({ guest, name, toName, how, why }) => (
              <li key={guest} className={style["move"]} title={why}>
                <span>{name}</span>
                <span>→ {toName}</span>
                <span className="soft">{t.how[how]}</span>
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}

export function Resume({ host, close }: DrainProps) {
  const t = useText().drain;
  const [back, setBack] = useState(true);
  const resume = useChange("drainResume", { quiet: true });
  return (
    <Dialog opened onClose={close} title={t.resumeTitle(host)} size="sm">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          resume.mutate({ host, body: back ? {} : { stay: true } }, { onSuccess: close });
        }}
      >
        <p className="soft" style={{ marginBottom: 16 }}>
          {t.resumeHint}
        </p>
        <Checkbox
          label={t.back}
          description={t.backHint}
          checked={back}
          onChange={(event) => setBack(event.currentTarget.checked)}
        />
        <FormEnd action={t.resume} close={close} error={resume.error} pending={resume.isPending} />
      </form>
    </Dialog>
  );
}
