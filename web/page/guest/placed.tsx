/** Where a guest that is asked for would go, and why: what each host has for it, and what each lacks. */
import { useEffect } from "react";
import type { Schemas } from "#contract/schemas";
import { useChange } from "../../data/change.ts";
import { useLanguage, useText } from "../../text/use-text.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Failure } from "../../ui/failure.tsx";
import { Over } from "../../ui/form-end.tsx";
import { Loading } from "../../ui/loading.tsx";
import style from "./move.module.css";

type Decision = Schemas["PlacementDecision"];

interface PlacedProps {
  /** What is asked for. */
  readonly body: Schemas["GuestCreate"];
  close(): void;
}

export function Placed({ body, close }: PlacedProps) {
  const text = useText();
  const { mutate, data, error } = useChange("placementExplain", { quiet: true });
  const asked = JSON.stringify(body);
  const look = () => mutate({ body: JSON.parse(asked) as Schemas["GuestCreate"] });
  useEffect(look, [mutate, asked]);
  return (
    <Dialog opened onClose={close} title={text.placed.title} size="lg">
      {error && <Failure error={error} retry={look} />}
      {!data && !error && <Loading />}
      {data && <Explained decision={data} />}
      <Over close={close} />
    </Dialog>
  );
}

function Explained({ decision: { name, policy, ranking, refusals } }: { readonly decision: Decision }) {
  const t = useText().placed;
  return (
    <>
      <p role="status">
        <b>{name === undefined ? t.nowhere : t.goes(name)}</b>{" "}
        <span className="soft">{name === undefined ? t.nowhereHint : t.policies[policy]}</span>
      </p>
      {ranking.length > 0 && (
        <section aria-label={t.can} className={style["found"]}>
          <h3 className={style["head"]}>{t.can}</h3>
          <ul className={style["list"]}>
            {ranking.map((one) => (
              <Candidate key={one.host} one={one} />
            ))}
          </ul>
        </section>
      )}
      {refusals.length > 0 && (
        <section aria-label={t.cannot} className={style["found"]}>
          <h3 className={style["head"]}>{t.cannot}</h3>
          <ul className={style["list"]}>
            {refusals.map(({ host, name: refuses, reasons }) => (
              <li key={host}>
                {reasons.map(({ filter, reason, fix }) => (
                  <div key={filter}>
                    <b>{refuses}</b> {reason}
                    <p className="soft">{fix}</p>
                  </div>
                ))}
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}

function Candidate({ one: { name, total, scores } }: { readonly one: Decision["ranking"][number] }) {
  const { text, language } = useLanguage();
  const t = text.placed;
  const two = (value: number) =>
    new Intl.NumberFormat(language, { minimumFractionDigits: 2, maximumFractionDigits: 2 }).format(value);
  return (
    <li>
      <div className={style["line"]}>
        <b>{name}</b>
        <span className="number">{t.points(two(total))}</span>
      </div>
      <ul className={style["scores"]}>
        {scores.map(({ score, share, why }) => (
          <li key={score}>
            <span className="number">{two(share)}</span>
            <span>
              {t.scores[score] ?? score}
              <span className="soft">: {why}</span>
            </span>
          </li>
        ))}
      </ul>
    </li>
  );
}
