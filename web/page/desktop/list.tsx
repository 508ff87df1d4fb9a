/** What desktops somebody may have: one card each, and one click to it. */
import { Button } from "@mantine/core";
import { IconCircleCheck } from "@tabler/icons-react";
import { useEffect } from "react";
import { useLocation } from "react-router";
import { useRead } from "../../data/query.ts";
import { useLeave } from "../../data/session.tsx";
import { whenIdle } from "../../later.ts";
import { useText } from "../../text/use-text.tsx";
import { Empty } from "../../ui/empty.tsx";
import { Failure } from "../../ui/failure.tsx";
import { Loading } from "../../ui/loading.tsx";
import { OfferCard } from "./card.tsx";
import { desktopPage } from "./pages.ts";
import { useTitle } from "./use-title.ts";
import style from "./list.module.css";

/** Milliseconds: nothing tells of one's own desktops as they change. */
const every = 5_000;

export function DesktopList() {
  const t = useText().desktops;
  const { data, error, refetch } = useRead("myDesktopList", {}, { every });
  const signedOff = (useLocation().state as { readonly signedOff?: string } | null)?.signedOff;
  const leave = useLeave();
  useTitle(t.title);
  // The display's code is there when somebody clicks.
  useEffect(() => whenIdle([desktopPage]), []);
  return (
    <div className={style["page"]}>
      <h1>{t.title}</h1>
      {signedOff !== undefined && (
        <div role="status" className={style["done"]}>
          <IconCircleCheck size={18} aria-hidden />
          <p>{t.signedOff(data?.find(({ pool }) => pool === signedOff)?.title ?? signedOff)}</p>
          <Button variant="default" onClick={() => void leave()}>
            {t.signOutToo}
          </Button>
        </div>
      )}
      {error && <Failure error={error} retry={() => void refetch()} />}
      {!data && !error && <Loading rows={2} />}
      {data?.length === 0 && <Empty title={t.none} hint={t.noneHint} />}
      {data && data.length > 0 && (
        <ul className={style["cards"]}>
          {data.map((offer) => (
            <OfferCard
              key={offer.id}
              offer={offer}
              path={data.filter(({ pool }) => pool === offer.pool).length > 1 ? offer.id : offer.pool}
            />
          ))}
        </ul>
      )}
    </div>
  );
}
