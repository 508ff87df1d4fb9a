/** Spreads guests anew over the hosts: the plan is shown before anything moves, then the moves are made one after another. */
import { useEffect, useRef, useState } from "react";
import { hasEnded } from "#contract/operation";
import type { Schemas } from "#contract/schemas";
import { call, errorOf } from "../../data/api.ts";
import { useRead } from "../../data/query.ts";
import { percent } from "../../text/format.ts";
import { useLanguage, useText } from "../../text/use-text.tsx";
import { Awaited } from "../../ui/awaited.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { FormEnd, Over } from "../../ui/form-end.tsx";
import style from "./drain.module.css";

type Move = Schemas["RebalancePlan"]["moves"][number];

/** How far a move is; undefined: its turn has not come. */
type Progress = { readonly is: "moving" | "done" } | { readonly is: "failed"; readonly why: string };

export function Rebalance({ close }: { close(): void }) {
  const t = useText().rebalancing;
  const { data, error, refetch, isFetching } = useRead("placementRebalance");
  // A plan that was shown before is of before.
  useEffect(() => void refetch(), [refetch]);
  const fresh = isFetching ? undefined : data;
  const { progress, begun, over, begin } = useMoves();
  return (
    <Dialog opened onClose={close} title={t.title} size="lg">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (fresh) void begin(fresh.moves);
        }}
      >
        <p className="soft" style={{ marginBottom: 16 }}>
          {fresh?.moves.length === 0 ? t.nothing : begun ? t.underWay : t.hint}
        </p>
        <Awaited data={fresh} error={isFetching ? null : error} refetch={refetch} />
        {fresh && <Plan plan={fresh} progress={progress} />}
        {over || fresh?.moves.length === 0 ? (
          <Over close={close} />
        ) : (
          <FormEnd action={t.begin} close={close} pending={begun} disabled={!fresh} />
        )}
      </form>
    </Dialog>
  );
}

/** Makes moves one after the other for as long as it is shown; what is under way then goes on. */
function useMoves() {
  const [progress, setProgress] = useState<ReadonlyMap<string, Progress>>(new Map());
  const [begun, setBegun] = useState(false);
  const [over, setOver] = useState(false);
  const shown = useRef(true);
  useEffect(() => {
    shown.current = true;
    return () => void (shown.current = false);
  }, []);
  const tell = (guest: string, now: Progress) => setProgress((all) => new Map(all).set(guest, now));
  async function begin(moves: readonly Move[]): Promise<void> {
    setBegun(true);
    for (const { guest, to } of moves) {
      if (!shown.current) return;
      tell(guest, { is: "moving" });
      // One that fails stays where it is, and the others are no worse off for that.
      tell(guest, await move(guest, to));
    }
    setOver(true);
  }
  return { progress, begun, over, begin };
}

async function move(guest: string, to: string): Promise<Progress> {
  try {
    let now = await call("guestMove", { params: { guest }, body: { to } });
    while (!hasEnded(now))
      now = await call("operationWait", { params: { operation: now.id }, query: { seen: now.sequence } });
    return now.status === "succeeded"
      ? { is: "done" }
      : { is: "failed", why: now.error?.message ?? now.status };
  } catch (error) {
    return { is: "failed", why: errorOf(error).message };
  }
}

interface PlanProps {
  readonly plan: Schemas["RebalancePlan"];
  readonly progress: ReadonlyMap<string, Progress>;
}

function Plan({ plan: { moves, before, after }, progress }: PlanProps) {
  const { text, language } = useLanguage();
  const t = text.rebalancing;
  if (moves.length === 0) return null;
  return (
    <section aria-label={t.moves(moves.length)}>
      <h3 className={style["head"]}>{t.moves(moves.length)}</h3>
      <p className="soft">{t.apart(percent(before, language), percent(after, language))}</p>
      <ul className={`${style["list"]} ${style["long"]}`} tabIndex={0}>
        {moves.map(({ guest, name, from, to, how, why }) => (
          <li key={guest} className={style["stuck"]}>
            <span>{name}</span>
            <div>
              {from} → {to} <span className="soft">{text.drain.how[how]}</span>{" "}
              <Told progress={progress.get(guest)} />
              <p className="soft">{why}</p>
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Told({ progress }: { readonly progress: Progress | undefined }) {
  const t = useText().rebalancing;
  if (!progress) return null;
  if (progress.is === "failed") return <span className="bad">{progress.why}</span>;
  return <b>{t[progress.is]}</b>;
}
