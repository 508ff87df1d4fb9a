/** What to do when something is not as it should be, and what whoever looks after the pool wrote down. */
import type { Schemas } from "#contract/schemas";
import { useText } from "../../text/use-text.tsx";
import { isTouched } from "./touched.ts";
import style from "./toolbar.module.css";

interface HelpPanelProps {
  readonly offer: Schemas["DesktopOffer"] | undefined;
  readonly kiosk: boolean;
}

export function HelpPanel({ offer, kiosk }: HelpPanelProps) {
  const t = useText().desktops.helps;
  const { keeps, description = "", policy } = offer ?? {};
  return (
    <dl className={style["help"]}>
      {description !== "" && (
        <>
          <dt>{offer?.title}</dt>
          <dd>{description}</dd>
        </>
      )}
      {keeps && (
        <>
          <dt>{t.kept}</dt>
          <dd>{t.keeps[keeps]}</dd>
        </>
      )}
      <dt>{t.toolbar}</dt>
      <dd>{isTouched() ? t.toolbarTouchHint : t.toolbarHint}</dd>
      {isTouched() && (
        <>
          <dt>{t.fingers}</dt>
          <dd>{t.fingersHint}</dd>
        </>
      )}
      {!kiosk && (
        <>
          <dt>{t.away}</dt>
          <dd>{t.awayHint}</dd>
        </>
      )}
      <dt>{t.stuck}</dt>
      <dd>{policy?.power === false ? t.stuckHint : t.stuckPowerHint}</dd>
    </dl>
  );
}
