/** At the name of a guest that is of a desktop pool: which, and the way there. */
import { IconDevices } from "@tabler/icons-react";
import { Link } from "react-router";
import type { Schemas } from "#contract/schemas";
import { useRead } from "../../data/query.ts";
import { useText } from "../../text/use-text.tsx";
import style from "./pool-mark.module.css";

export function PoolMark({ of: { pool, state } }: { readonly of: NonNullable<Schemas["Guest"]["desktop"]> }) {
  const t = useText().desktopPools;
  const { data } = useRead("desktopPoolList");
  const title = data?.find(({ id }) => id === pool)?.title ?? pool;
  const what = state === "standby" || state === "making" ? t.standbyOf(title) : t.desktopOf(title);
  return (
    <Link className={style["mark"]} to={`/desktop-pools/${pool}`} aria-label={what} title={what}>
      <IconDevices size={12} aria-hidden />
      {title}
    </Link>
  );
}
