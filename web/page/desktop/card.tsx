/** A pool as somebody sees it who may have a desktop of it. All of the card is the way there. */
import { IconDeviceDesktop, IconHome, IconUser } from "@tabler/icons-react";
import { Link } from "react-router";
import type { Schemas } from "#contract/schemas";
import { moment } from "../../text/format.ts";
import { useLanguage } from "../../text/use-text.tsx";
import { Dot } from "../../ui/state.tsx";
import { desktopPage } from "./pages.ts";
import style from "./list.module.css";

type Offer = Schemas["DesktopOffer"];

const keepsIcons = { nothing: IconDeviceDesktop, home: IconHome, guest: IconUser } as const;

export function OfferCard({ offer, path }: { readonly offer: Offer; readonly path: string }) {
  const { text, language } = useLanguage();
  const t = text.desktops;
  const closed = offer.opensAt !== undefined;
  const Icon = keepsIcons[offer.keeps];
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
      {offer.opensAt !== undefined && (
        <p className={style["fact"]}>{t.opens(moment(offer.opensAt, language))}</p>
      )}
      {offer.closesAt !== undefined && offer.opensAt === undefined && (
        <p className={style["fact"]}>{t.closes(moment(offer.closesAt, language))}</p>
      )}
      {offer.connected && offer.policy.share !== false && !closed && (
        <p className={style["beside"]}>
          <Link to={`/desktops/${path}`} state={{ share: true }}>
            {t.openBeside}
          </Link>
        </p>
      )}
    </li>
  );
}

function State({ offer: { state, ready, connected, opensAt } }: { readonly offer: Offer }) {
  const { text } = useLanguage();
  const t = text.desktops.states;
  if (opensAt !== undefined) return <Dot tone="idle">{t.closed}</Dot>;
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
