/** A pool as somebody sees it who may have a desktop of it. All of the card is the way there. */
import { IconArrowRight, IconClock, IconHome, IconRefresh, IconUser } from "@tabler/icons-react";
import { Link } from "react-router";
import type { Schemas } from "#contract/schemas";
import { dayAndTime, soon } from "../../text/soon.ts";
import { useLanguage } from "../../text/use-text.tsx";
import { Dot } from "../../ui/state.tsx";
import { desktopPage } from "./pages.ts";
import style from "./list.module.css";

type Offer = Schemas["DesktopOffer"];

const keepsIcons = { nothing: IconRefresh, home: IconHome, guest: IconUser } as const;

export function OfferCard({ offer, path }: { readonly offer: Offer; readonly path: string }) {
  const { text, language } = useLanguage();
  const t = text.desktops;
  const closed = offer.opensAt !== undefined;
  const Icon = keepsIcons[offer.keeps];
  const { opensAt, closesAt } = offer;
  const hours =
    opensAt !== undefined
      ? t.opens(soon(opensAt, language))
      : closesAt === undefined
        ? undefined
        : t.closes(soon(closesAt, language));
  return (
    <li className={style["card"]} data-closed={closed || undefined}>
      <h2>
        {closed ? (
          offer.title
        ) : (
          <Link
            to={`/desktops/${path}`}
            className={style["link"]}
            onPointerEnter={desktopPage.ahead}
            onFocus={desktopPage.ahead}
          >
            {offer.title}
          </Link>
        )}
      </h2>
      <State offer={offer} />
      {offer.description !== "" && <p className={style["about"]}>{offer.description}</p>}
      <p className={style["fact"]}>
        <Icon size={15} aria-hidden />
        {t.keeps[offer.keeps]}
      </p>
      {offer.lost && (
        <p className={style["fact"]}>
          {t.lostOn(offer.lost.host, offer.lost.since && dayAndTime(offer.lost.since, language), offer.keeps)}
        </p>
      )}
      {hours !== undefined && (
        <p className={style["fact"]}>
          <IconClock size={15} aria-hidden />
          {hours}
        </p>
      )}
      {!closed && (
        <p className={style["ways"]}>
          <span className={style["go"]} aria-hidden>
            {offer.connected ? t.takeBack : offer.state === "none" ? t.open : t.goOn}
            <IconArrowRight size={14} />
          </span>
          {offer.connected && offer.policy.share !== false && (
            <Link to={`/desktops/${path}`} state={{ share: true }} className={style["beside"] ?? ""}>
              {t.openBeside}
            </Link>
          )}
        </p>
      )}
    </li>
  );
}

function State({ offer: { state, ready, full, connected, opensAt } }: { readonly offer: Offer }) {
  const { text } = useLanguage();
  const t = text.desktops.states;
  if (opensAt !== undefined) return <Dot tone="idle">{t.closed}</Dot>;
  if (full) return <Dot tone="warn">{t.full}</Dot>;
  if (connected) return <Dot tone="good">{t.connected}</Dot>;
  switch (state) {
    case "none":
      return ready ? <Dot tone="good">{t.fresh}</Dot> : <Dot tone="idle">{t.slow}</Dot>;
    case "ready":
      return <Dot tone="good">{t.waits}</Dot>;
    case "suspended":
    case "stopped":
      return <Dot tone="idle">{t[state]}</Dot>;
    case "preparing":
    case "ending":
      return <Dot tone="busy">{t[state]}</Dot>;
    case "lost":
      return <Dot tone="bad">{t.lost}</Dot>;
  }
}
