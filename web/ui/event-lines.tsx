/** Events, the newest first. */
import type { Schemas } from "#contract/schemas";
import style from "./event-lines.module.css";
import { Since } from "./time.tsx";

export function EventLines({ events }: { readonly events: readonly Schemas["Event"][] }) {
  return (
    <ol className={style["lines"]}>
      {events.map(({ id, at, message, kind }) => (
        <li key={id} className={style["line"]}>
          <Since at={at} />
          <span>{message}</span>
          <span className={`mono ${style["kind"]}`}>{kind}</span>
        </li>
      ))}
    </ol>
  );
}
