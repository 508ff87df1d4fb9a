/** The plan that the policy of rebalancing made last, and how far it is; nothing where there is none. */
import { Link } from "react-router";
import { useRead } from "../../data/query.ts";
import { useText } from "../../text/use-text.tsx";
import { Card, Section } from "../../ui/page.tsx";
import style from "./drain.module.css";

/** Milliseconds: nothing tells of it, and its moves pause for longer. */
const every = 30_000;

export function PlannedRebalance() {
  const t = useText().rebalance;
  const { data } = useRead("placementPlanned", {}, { every });
  if (!data?.by || data.moves.length === 0) return null;
  return (
    <Section title={t.title}>
      <Card>
        <p className="soft">{t.by(data.by)}</p>
        <ul className={`${style["list"]} ${style["long"]}`} aria-label={t.title} tabIndex={0}>
          {data.moves.map(({ guest, name, to, state, why }) => (
            <li key={guest} className={style["move"]} title={why}>
              <Link to={`/guests/${guest}`}>{name}</Link>
              <span>→ {to}</span>
              <span className="soft">{t.states[state]}</span>
            </li>
          ))}
        </ul>
      </Card>
    </Section>
  );
}
