/** Guests as cards, with what their displays show. */
import { Link } from "react-router";
import type { Schemas } from "#contract/schemas";
import { may } from "../../data/guest-action.ts";
import { guestPath } from "../../data/project.ts";
import { bytes, percent } from "../../text/format.ts";
import { useLanguage } from "../../text/use-text.tsx";
import { Spark } from "../../ui/spark.tsx";
import { GuestState } from "../../ui/state.tsx";
import { Thumbnail } from "../../ui/thumbnail.tsx";
import style from "./cards.module.css";
import { GuestMenu } from "./menu.tsx";
import { PoolMark } from "./pool-mark.tsx";

type Guest = Schemas["Guest"];

/** More at once are no help to anybody; a filter is. */
const most = 200;
const collator = new Intl.Collator(undefined, { numeric: true });

export function Cards({ guests }: { readonly guests: readonly Guest[] }) {
  const { text } = useLanguage();
  const shown = guests.toSorted((a, b) => collator.compare(a.name, b.name)).slice(0, most);
  return (
    <>
      <ul className={style["cards"]} aria-label={text.guests.title}>
        {shown.map((guest) => (
          <li key={guest.id} className={style["card"]}>
            {may("console", guest) ? (
              <Link to={`${guestPath(guest)}/console`}>
                <Thumbnail guest={guest} />
              </Link>
            ) : (
              <Thumbnail guest={guest} />
            )}
            <Line guest={guest} />
          </li>
        ))}
      </ul>
      {guests.length > most && <p className="soft">{text.common.rows(most, guests.length)}</p>}
    </>
  );
}

function Line({ guest }: { readonly guest: Guest }) {
  const { text, language } = useLanguage();
  const { id, name, state, cpus, memory } = guest;
  return (
    <>
      <div className={style["head"]}>
        <Link className={style["name"]} to={guestPath(guest)}>
          {name}
        </Link>
        <GuestState state={state} />
        <GuestMenu guest={guest} />
      </div>
      <div className={style["foot"]}>
        <span className="number soft">
          {`${cpus} × ${bytes(memory, language)}`}
          {guest.desktop && <PoolMark of={guest.desktop} />}
        </span>
        <Spark
          of={id}
          pick="cpu"
          most={cpus}
          say={(value) => `${percent(value / cpus, language)} ${text.guests.cpuUse}`}
        />
      </div>
    </>
  );
}
