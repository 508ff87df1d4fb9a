/** At the name of a guest that is of a desktop pool: which, and the way there. */
import { IconDevices } from "@tabler/icons-react";
import { useMemo } from "react";
import { Link } from "react-router";
import type { Schemas } from "#contract/schemas";
import { useRead } from "../../data/query.ts";
import { useText } from "../../text/use-text.tsx";
import style from "./list.module.css";

type Guest = Schemas["Guest"];

/** Of desktop pools, by their ids. */
export type PoolTitles = ReadonlyMap<string, string>;

/** Asked for only where some guest is of one. */
export function usePoolTitles(guests: readonly Guest[]): PoolTitles {
  const { data } = useRead("desktopPoolList", {}, { enabled: guests.some(({ desktop }) => desktop) });
  return useMemo(() => new Map(data?.map(({ id, title }) => [id, title])), [data]);
}

/** Made, and waiting for somebody or about to. */
export const isStandby = ({ desktop }: Guest): boolean =>
  desktop?.state === "standby" || desktop?.state === "making";

interface MarkProps {
  readonly of: NonNullable<Guest["desktop"]>;
  readonly titles: PoolTitles;
}

export function PoolMark({ of: { pool, state }, titles }: MarkProps) {
  const t = useText().guests;
  const title = titles.get(pool) ?? pool;
  const what = state === "standby" || state === "making" ? t.standbyOf(title) : t.desktopOf(title);
  return (
    <Link className={style["mark"]} to={`/desktop-pools/${pool}`} aria-label={what} title={what}>
      <IconDevices size={12} aria-hidden />
      {title}
    </Link>
  );
}
